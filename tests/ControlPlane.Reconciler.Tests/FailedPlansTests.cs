using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>A key whose plans come to nothing is told on the object that waits for them, and not only in the log.</summary>
public sealed class FailedPlansTests : IDisposable
{
    private readonly SimulatedCluster cluster = new();

    public FailedPlansTests()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
    }

    public void Dispose() => cluster.Dispose();

    /// <summary>A strategy without either of its kinds is nothing that the API takes; the planners fail on it, for ever.</summary>
    [Fact]
    public void APlannerThatFails_IsToldOnItsDeploymentInOneEvent()
    {
        Deployment web = cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("it serves", () => cluster.IsReady("web", 2));
        cluster.Store.Commit(new Write.Create(Canaries.Policy(cluster.Meta("default", "broken"), new RolloutStrategy { Type = "Canary" })));
        web = cluster.Store.Get<Deployment>("default", "web")!;
        cluster.Store.Commit(new Write.Update(Canaries.WithImage(web, "app:2"), ResourceParts.Desired));
        cluster.Until("it is told", () => Told("web").Any());

        Event told = Assert.Single(Told("web"));
        Assert.Equal(("Warning", "PlanFailed", "Deployment"), (told.Type, told.Reason, told.InvolvedObject.Kind));
        Assert.Contains("NullReferenceException", told.Message, StringComparison.Ordinal);

        cluster.Thread.Advance(TimeSpan.FromMinutes(2));
        told = Assert.Single(Told("web"));
        Assert.InRange(told.Count ?? 0, 2, 13);
    }

    [Fact]
    public void APlanThatCannotBeStored_IsToldOnItsDeploymentInOneEvent()
    {
        cluster.Store.FindUnstorable = unit => unit.Writes.Any(write => write is Write.Create { Object: Pod }) ? "index row size exceeds maximum" : null;
        cluster.CreateDeployment("web", replicas: 2);
        cluster.Thread.Advance(TimeSpan.FromMinutes(2));

        Event told = Assert.Single(Told("web"));
        Assert.Equal(("Warning", "SyncFailed", "Deployment"), (told.Type, told.Reason, told.InvolvedObject.Kind));
        Assert.Equal("The store cannot keep the ReplicaSet that is planned: index row size exceeds maximum; it is tried again", told.Message);
        Assert.InRange(told.Count ?? 0, 2, 13);

        cluster.Store.FindUnstorable = null;
        cluster.Until("it is made after all", () => cluster.IsReady("web", 2), seconds: 120);
    }

    /// <summary>The failure of one key is no other's: the rest of the pass is stored, and so is what is told of it.</summary>
    [Fact]
    public void OtherKeysOfThePass_AreToldNothing()
    {
        cluster.Store.FindUnstorable = unit => unit.Writes.Any(write => write is Write.Create { Object: Pod pod } && pod.Name.StartsWith("bad", StringComparison.Ordinal)) ? "too large" : null;
        cluster.CreateDeployment("bad", replicas: 2);
        cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("the other one serves", () => cluster.Store.Get<Deployment>("default", "web")?.Status?.AvailableReplicas == 2);

        Assert.NotEmpty(Told("bad"));
        Assert.Empty(Told("web"));
    }

    private IEnumerable<Event> Told(string name) => cluster.Store.All<Event>().Where(item => item.Reason is "PlanFailed" or "SyncFailed" && item.InvolvedObject.Name == name);
}
