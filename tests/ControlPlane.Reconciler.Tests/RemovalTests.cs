using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>What has ended, and what goes with its owner.</summary>
public sealed class RemovalTests : IDisposable
{
    private readonly SimulatedCluster cluster = new();

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void PodsThatHaveEnded_AreKeptUpToABound()
    {
        using SimulatedCluster small = new() { EndedPodsMax = 3 };
        small.StartReconciler();
        for (int i = 1; i <= 8; i++)
        {
            small.Store.Commit(new Write.Create(new Pod
            {
                Metadata = new ObjectMeta { Name = $"job-{i}", Namespace = "default", Uid = $"job-{i}", CreationTimestamp = small.Thread.Time.GetUtcNow().AddMinutes(i) },
                Spec = new PodSpec { Containers = [new Container { Name = "c", Image = "hello:1" }] },
                Status = new PodStatus { Phase = "Succeeded" },
            }));
        }

        small.Until("three are left", () => small.Pods.Count() == 3, seconds: 60);
        Assert.Equal(["job-6", "job-7", "job-8"], small.Pods.Select(pod => pod.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EventsOfAnHourAgo_AreRemoved()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 1);
        cluster.Until("the pod is available", () => cluster.IsReady("web", 1));
        Assert.NotEmpty(cluster.Store.All<Event>());

        cluster.Thread.Advance(TimeSpan.FromMinutes(62));

        Assert.Empty(cluster.Store.All<Event>());
    }

    [Fact]
    public void ADeploymentRemoved_TakesItsReplicaSetsAndPodsWithIt()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));

        cluster.Store.Commit(Write.Remove.Of(cluster.Store.Get<Deployment>("default", "web")!));

        cluster.Until("nothing is left", () => !cluster.Pods.Any() && !cluster.Store.All<ReplicaSet>().Any(), seconds: 3);
    }

    [Fact]
    public void ADeploymentDeletedInTheForeground_LeavesLast()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));
        Deployment web = cluster.Store.Get<Deployment>("default", "web")!;

        cluster.Store.Commit(new Write.Update(
            web with { Metadata = web.Metadata with { DeletionTimestamp = cluster.Thread.Time.GetUtcNow(), Finalizers = ["foregroundDeletion"] } },
            ResourceParts.Desired));

        cluster.Until("nothing is left", () => cluster.Store.Get<Deployment>("default", "web") is null, seconds: 5);
        string[] removed = [.. cluster.Store.Log.Where(change => change.Operation == ChangeOperation.Deleted).Select(change => change.Object.GetType().Name)];
        Assert.Equal(["Pod", "Pod", "Pod", "ReplicaSet", "Deployment"], removed);
    }

    [Fact]
    public void ANamespaceThatIsDeleted_IsEmptiedAndLeaves()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));
        Namespace space = cluster.Store.Get<Namespace>("", "default")!;

        cluster.Store.Commit(new Write.Update(
            space with { Metadata = space.Metadata with { DeletionTimestamp = cluster.Thread.Time.GetUtcNow() } }, ResourceParts.Desired));

        cluster.Until("it has left", () => cluster.Store.Get<Namespace>("", "default") is null, seconds: 10);
        Assert.Empty(cluster.Pods);
        Assert.Empty(cluster.Store.All<Event>());
    }
}
