using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>Leaders that lose their term, and stores that fail them.</summary>
public sealed class LeaderFaultsTests : IDisposable
{
    private readonly SimulatedCluster cluster = new();

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void ALeaderWhoseTermIsOver_ChangesNothing()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
        cluster.Election.Usurp();

        cluster.CreateDeployment("web", replicas: 2);
        long revision = cluster.Store.Revision;
        cluster.Thread.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(revision, cluster.Store.Revision);
        cluster.Election.Expire();
        cluster.Until("it leads again", () => cluster.IsReady("web", 2));
    }

    [Fact]
    public void AStandby_TakesOverFromALeaderThatStops()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(3));
        cluster.Election.Expire();
        cluster.Thread.Advance(TimeSpan.FromSeconds(3));

        cluster.CreateDeployment("web", replicas: 4);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 4));
    }

    /// <summary>One that ended its timer before its feed went on on the pool, and was at times not heard of again.</summary>
    [Fact]
    public void AReconcilerThatRests_StopsOnItsOwnThread()
    {
        for (int i = 0; i < 30; i++)
        {
            using SimulatedCluster small = new();
            small.StartReconciler();
            small.Thread.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public void TheStoreAway_NothingIsLostAndWorkResumes()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
        cluster.Store.FaultBefore = _ => new StoreUnavailableException("the simulated store is down");
        cluster.CreateDeployment("web", replicas: 4);
        cluster.Thread.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(cluster.Pods);

        cluster.Store.FaultBefore = null;

        cluster.Until("all pods are available", () => cluster.IsReady("web", 4), seconds: 3);
    }

    [Fact]
    public void TheStoreLostInTheMiddle_WhatWasStoredIsNotDoneAgain()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
        int faults = 0;
        cluster.Store.FaultAfter = units => units.Any(unit => unit.Writes.Any(write => write is Write.Create { Object: Pod })) && faults++ == 0
            ? new StoreUnavailableException("the transaction after this one failed")
            : null;

        cluster.CreateDeployment("web", replicas: 4);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 4));
        Assert.Equal(1, Math.Min(faults, 1));
        Assert.Equal(4, cluster.Store.Log.Count(change => change is { Operation: ChangeOperation.Added, Object: Pod }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ACommitOfUnknownOutcome_IsFencedOffAndNothingIsDoneTwice(bool isStored)
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
        int faults = 0;
        Exception? Fault(IReadOnlyList<CommitUnit> units) =>
            units.Any(unit => unit.Writes.Any(write => write is Write.Create { Object: Pod })) && faults++ == 0 ? new CommitOutcomeUnknownException("cut") : null;
        cluster.Store.FaultBefore = isStored ? null : Fault;
        cluster.Store.FaultAfter = isStored ? Fault : null;
        long epoch = cluster.Store.LeaderEpoch;

        cluster.CreateDeployment("web", replicas: 4);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 4));
        Assert.Equal(4, cluster.Store.Log.Count(change => change is { Operation: ChangeOperation.Added, Object: Pod }));
        Assert.True(cluster.Store.LeaderEpoch > epoch);
    }

    /// <summary>Its key is tried again and again, ever later, in the same term; the nodes' room that it took in vain is free for others.</summary>
    [Fact]
    public void ADeploymentWhosePodsTheStoreCannotKeep_StopsNoOther()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
        long epoch = cluster.Store.LeaderEpoch;
        int refusals = 0;
        bool isPoisoned = true;
        cluster.Store.FindUnstorable = unit =>
        {
            bool isRefused = isPoisoned && unit.Writes.Any(write => write is Write.Create { Object: Pod pod } && pod.Name.StartsWith("poisoned", StringComparison.Ordinal));
            refusals += isRefused ? 1 : 0;
            return isRefused ? "index row size exceeds maximum" : null;
        };

        // Together they ask for more than the node has: 1.5 of its 4 CPUs for each of 2 pods.
        cluster.CreateDeployment("poisoned", replicas: 2, Large);
        cluster.CreateDeployment("web", replicas: 2, Large);

        cluster.Until("the other's pods are available", () => cluster.Store.Get<Deployment>("default", "web")?.Status?.AvailableReplicas == 2);
        cluster.Thread.Advance(TimeSpan.FromMinutes(5));
        Assert.InRange(refusals, 5, 30);
        Assert.Equal(epoch, cluster.Store.LeaderEpoch);
        Assert.Equal(2, cluster.Pods.Count());

        isPoisoned = false;
        cluster.Store.Commit(new Write.Update(cluster.Store.Get<Deployment>("default", "web")! with { Spec = cluster.Store.Get<Deployment>("default", "web")!.Spec with { Replicas = 0 } }, ResourceParts.Desired));
        cluster.Until("what was poisoned is available", () => cluster.Store.Get<Deployment>("default", "poisoned")?.Status?.AvailableReplicas == 2, seconds: 120);

        static PodSpec Large(PodSpec spec) => spec with
        {
            Containers = [spec.Containers[0] with { Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("1500m") }.ToValueMap() } }],
        };
    }

    [Fact]
    public void ACrashOfTheLoop_IsFollowedByANewStart()
    {
        cluster.AddNodes(1);
        int faults = 0;
        cluster.Store.FaultBefore = _ => faults++ < 3 ? new InvalidOperationException("a bug") : null;
        Task run = cluster.StartReconciler();

        cluster.CreateDeployment("web", replicas: 1);

        cluster.Until("the pod is available", () => cluster.IsReady("web", 1), seconds: 60);
        Assert.Equal(4, Math.Min(faults, 4));
        Assert.False(run.IsCompleted);
    }
}
