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

    /// <summary>What gateways counted is a part of what an analysis is planned from: the Deployment's planning fails, for ever.</summary>
    [Fact]
    public void APlannerThatFails_IsToldOnItsDeploymentInOneEvent()
    {
        cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("it serves", () => cluster.IsReady("web", 2));
        cluster.Store.Commit(new Write.Create(Canaries.Service(cluster.Meta("default", "web") with { Uid = "0197a6f2-52c4-7cc5-9d3e-0a7a4d2f6b11" }, "web")));
        cluster.Store.Commit(new Write.Create(Canaries.Policy(cluster.Meta("default", "careful"), Canaries.Strategy("web", Canaries.Weight(50), Judged()))));
        cluster.Store.Commit(new Write.Update(Canaries.WithImage(cluster.Store.Get<Deployment>("default", "web")!, "app:2"), ResourceParts.Desired));
        cluster.Until("it is analysed", () => cluster.Store.All<RolloutState>().Any(state => state.Spec.Analysis is not null));
        cluster.Gateways.Fault = new DeliberateFault();
        cluster.Until("it is told", () => Told("web").Any(), seconds: 60);

        Event told = Assert.Single(Told("web"));
        Assert.Equal(("Warning", "PlanFailed", "Deployment"), (told.Type, told.Reason, told.InvolvedObject.Kind));
        Assert.Contains(nameof(DeliberateFault), told.Message, StringComparison.Ordinal);

        cluster.Thread.Advance(TimeSpan.FromMinutes(2));
        told = Assert.Single(Told("web"));
        Assert.InRange(told.Count ?? 0, 2, 13);
    }

    /// <summary>All nodes are planned at once, so each is told, in one Event.</summary>
    [Fact]
    public void APlannerOfManyObjectsThatFails_IsToldOnEachOfThem()
    {
        cluster.Presence.Fault = new DeliberateFault();
        cluster.Until("it is told", () => Told("node-1").Any());
        cluster.Thread.Advance(TimeSpan.FromMinutes(1));

        Event told = Assert.Single(Told("node-1"));
        Assert.Equal(("Warning", "PlanFailed", "Node", "default"), (told.Type, told.Reason, told.InvolvedObject.Kind, told.Namespace));
        Assert.Contains(nameof(DeliberateFault), told.Message, StringComparison.Ordinal);

        cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("others go on", () => cluster.IsReady("web", 2));
        Assert.Empty(Told("web"));
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

    private static CanaryStep Judged() => new() { Analysis = new AnalysisStep { Interval = 1, Count = 600, MinRequests = 1, SuccessRate = 99 } };

    private IEnumerable<Event> Told(string name) => cluster.Store.All<Event>().Where(item => item.Reason is "PlanFailed" or "SyncFailed" && item.InvolvedObject.Name == name);

    /// <summary>An error that no planner makes by itself.</summary>
    private sealed class DeliberateFault() : Exception("put in by a test");
}
