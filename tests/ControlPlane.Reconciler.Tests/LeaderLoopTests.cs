using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

public sealed class LeaderLoopTests : IDisposable
{
    private readonly SimulatedCluster cluster = new();

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void ADeployment_BecomesPodsSpreadOverTheNodes()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();

        cluster.CreateDeployment("web", replicas: 6);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 6));
        Assert.Equal([2, 2, 2], cluster.Pods.GroupBy(pod => pod.Spec.NodeName).Select(group => group.Count()));
        Assert.Contains(cluster.Store.All<Event>(), item => item is { Reason: "Scheduled", Source.Component: "default-scheduler" });
    }

    [Fact]
    public void ADeploymentOfManyPods_HasAFewEventsForTheirCreation()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();

        cluster.CreateDeployment("web", replicas: 40);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 40));
        Assert.Equal([.. Enumerable.Repeat(1, 9), 31], cluster.Store.All<Event>().Where(item => item.Reason == "SuccessfulCreate").Select(item => item.Count ?? 0).Order());
        Assert.Equal(40, cluster.Store.All<Event>().Count(item => item.Reason == "Scheduled"));
    }

    [Fact]
    public void ADeploymentThatWasThereBefore_IsFoundByANewLeader()
    {
        cluster.AddNodes(1);
        cluster.CreateDeployment("web", replicas: 2);

        cluster.StartReconciler();

        cluster.Until("all pods are available", () => cluster.IsReady("web", 2));
    }

    /// <summary>Its controller only says how many; pods are a ReplicaSet's own affair (a controller of a kind that is not served, for one).</summary>
    [Fact]
    public void AReplicaSetThatAStrangerControls_GetsItsPods()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        LabelSelector selector = new() { MatchLabels = ValueMap.Of(("app", "canary")) };

        cluster.Store.Commit(new Write.Create(new ReplicaSet
        {
            Metadata = new ObjectMeta
            {
                Name = "canary",
                Namespace = "default",
                Uid = "canary-uid",
                OwnerReferences = [new OwnerReference { ApiVersion = "example.com/v1", Kind = "Rollout", Name = "canary", Uid = "rollout-uid", Controller = true }],
            },
            Spec = new ReplicaSetSpec
            {
                Replicas = 2,
                Selector = selector,
                Template = new PodTemplateSpec
                {
                    Metadata = new ObjectMeta { Labels = selector.MatchLabels },
                    Spec = new PodSpec { Containers = [new Container { Name = "c", Image = "hello:1" }] },
                },
            },
        }));

        cluster.Until("two pods are bound", () => cluster.Pods.Count(pod => pod.Spec.NodeName is not null) == 2, seconds: 3);
    }

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
    public void ADeletedPod_IsReplaced()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));
        Pod victim = cluster.Pods.First();

        cluster.Store.Commit(Write.Remove.Of(victim));

        cluster.Until("there are three again", () => cluster.IsReady("web", 3) && cluster.Pods.All(pod => pod.Uid != victim.Uid), seconds: 2);
    }

    /// <summary>Their ReplicaSets select the same pods too, for their templates have one hash. As in Kubernetes, the controller reference decides.</summary>
    [Fact]
    public void TwoDeploymentsWithOneSelector_KeepToTheirOwnPods()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3, app: "shared");
        cluster.CreateDeployment("rival", replicas: 2, app: "shared");
        cluster.Until("each has its pods", () => IsServing("web", 3) && IsServing("rival", 2));
        Assert.Single(cluster.Store.All<ReplicaSet>().Select(replicaSet => replicaSet.Spec.Selector).Distinct());
        string rivals = UidsOf("rival");

        cluster.Thread.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(5, cluster.Pods.Count());
        cluster.Store.Commit(Write.Remove.Of(cluster.Pods.First(pod => OwnerOf(pod) == "web")));
        cluster.Until("web has three again", () => IsServing("web", 3));
        Deployment web = cluster.Store.Get<Deployment>("default", "web")!;
        PodTemplateSpec template = web.Spec.Template;
        cluster.Store.Commit(new Write.Update(
            web with { Spec = web.Spec with { Template = template with { Spec = template.Spec with { Containers = [new Container { Name = "app", Image = "app:2" }] } } } },
            ResourceParts.Desired));
        cluster.Until("web has rolled", () => IsServing("web", 3) && cluster.Pods.Where(pod => OwnerOf(pod) == "web").All(pod => pod.Spec.Containers[0].Image == "app:2"));

        Assert.Equal(rivals, UidsOf("rival"));
        Assert.Equal(5, cluster.Pods.Count());
    }

    private bool IsServing(string deployment, int replicas) =>
        cluster.Store.Get<Deployment>("default", deployment)?.Status is { } status && status.AvailableReplicas == replicas && status.Replicas == replicas
        && cluster.Pods.Count(pod => OwnerOf(pod) == deployment) == replicas;

    private string UidsOf(string deployment) =>
        string.Join(' ', cluster.Pods.Where(pod => OwnerOf(pod) == deployment).Select(pod => pod.Uid).Order(StringComparer.Ordinal));

    /// <summary>The Deployment whose ReplicaSet controls a pod.</summary>
    private string? OwnerOf(Pod pod) => cluster.Store.All<ReplicaSet>()
        .FirstOrDefault(replicaSet => replicaSet.Uid == pod.Metadata.Controller?.Uid)?.Metadata.Controller?.Name;

    [Fact]
    public void APlanOfThousandsOfWrites_IsCutIntoUnitsAndEndsWhole()
    {
        cluster.AddNodes(3);
        int largest = 0;
        cluster.Store.FaultBefore = units =>
        {
            largest = Math.Max(largest, units.Max(unit => unit.Writes.Count));
            return null;
        };
        cluster.StartReconciler();

        cluster.CreateDeployment("web", replicas: 1500);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 1500));
        Assert.InRange(largest, 500, 1000);
    }

    [Fact]
    public void ATaintOfEffectNoExecute_MovesThePodsThatDoNotTolerateItAndTheOthersWhenTheirTimeIsUp()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 2);
        cluster.CreateDeployment("slow", replicas: 2, spec => spec with
        {
            Tolerations = [new Toleration { Key = "repair", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = 20 }],
        });
        cluster.Until("each node has two pods", () => PodsOn("node-1").Length == 2 && PodsOn("node-2").Length == 2);

        Node node = cluster.Store.Get<Node>("", "node-1")!;
        Taint repair = new() { Key = "repair", Effect = "NoExecute", TimeAdded = cluster.Thread.Time.GetUtcNow() };
        cluster.Store.Commit(new Write.Update(node with { Spec = new NodeSpec { Taints = [repair, new Taint { Key = "repair", Effect = "NoSchedule" }] } }, ResourceParts.Desired));

        cluster.Until("the pod without a toleration runs elsewhere", () => PodsOn("node-1") is ["slow"] && PodsOn("node-2").Length == 3, seconds: 3);
        Assert.Contains(cluster.Store.All<Event>(), item => item is { Reason: "TaintManagerEviction", Source.Component: "taint-eviction-controller" });
        cluster.Until("the other follows after 20 s", () => PodsOn("node-1").Length == 0 && PodsOn("node-2").Length == 4, seconds: 25);
        Assert.InRange((cluster.Thread.Time.GetUtcNow() - repair.TimeAdded!.Value).TotalSeconds, 20, 23);

        string[] PodsOn(string name) => [.. cluster.LivePods.Where(pod => pod.Spec.NodeName == name).Select(pod => pod.Metadata.Labels["app"]!)];
    }

    [Fact]
    public void PodsThatMustBeApart_WaitForANodeAndForOneAnotherToLeave()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3, spec => spec with
        {
            Affinity = new Affinity
            {
                PodAntiAffinity = new PodAntiAffinity
                {
                    RequiredDuringSchedulingIgnoredDuringExecution =
                        [new PodAffinityTerm { TopologyKey = "kubernetes.io/hostname", LabelSelector = new LabelSelector { MatchLabels = ValueMap.Of(("app", "web")) } }],
                },
            },
        });

        cluster.Until("two run and one waits", () => cluster.Pods.Select(pod => pod.Spec.NodeName).Order(StringComparer.Ordinal) is var nodes && nodes.SequenceEqual([null, "node-1", "node-2"]));
        Pod waiting = cluster.Pods.Single(pod => pod.Spec.NodeName is null);
        Assert.Equal(
            "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.", Conditions.Find(waiting.Status!.Conditions, "PodScheduled")!.Message);

        cluster.Store.Commit(Write.Remove.Of(cluster.Pods.First(pod => pod.Spec.NodeName == "node-1")));

        cluster.Until("the one that waited has the place", () => cluster.Store.Get<Pod>("default", waiting.Name)?.Spec.NodeName == "node-1", seconds: 2);
    }

    [Fact]
    public void PodsThatFitNowhere_AreBoundWhenANodeComes()
    {
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("two pods wait", () => cluster.Pods.Count(pod => pod.Spec.NodeName is null) == 2);

        cluster.AddNodes(1);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 2));
    }

    [Fact]
    public void ASilentNode_ItsPodsRunElsewhereWithin30Seconds()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));

        cluster.Silence("node-2");

        cluster.Until("three pods run on the other two nodes", () => cluster.IsReady("web", 3) && cluster.LivePods.All(pod => pod.Spec.NodeName != "node-2"), seconds: 25);
        Assert.Single(cluster.Pods, pod => pod.Metadata.IsDeleting && pod.Spec.NodeName == "node-2");
        Assert.Null(cluster.Store.Sessions["node-2"].SessionId);

        cluster.Revive("node-2");
        cluster.Until("the old pod has stopped", () => cluster.Pods.Count() == 3, seconds: 5);
    }

    [Fact]
    public void ANodeThatReportsAgainInTime_KeepsItsPods()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));
        string[] before = [.. cluster.Pods.Select(pod => pod.Uid)];

        cluster.Silence("node-2");
        cluster.Until("the node is declared lost", () => !cluster.Store.Get<Node>("", "node-2")!.IsReady(), seconds: 20);
        cluster.Revive("node-2");
        cluster.Thread.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(before, cluster.Pods.Select(pod => pod.Uid));
        Assert.True(cluster.IsReady("web", 3), cluster.Describe());
    }

    [Fact]
    public void MostNodesSilentTogether_NothingIsEvictedUntilTheyAreDeleted()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));

        cluster.Silence("node-1");
        cluster.Silence("node-2");
        cluster.Thread.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(3, cluster.LivePods.Count());
        Assert.Equal("True", Conditions.Find(cluster.Store.Get<Node>("", "node-1")!.Status!.Conditions, "EvictionsStopped")?.Status);
        Assert.Contains(cluster.Store.All<Event>(), item => item.Reason == "EvictionsStopped");

        cluster.Store.Commit(Write.Remove.Of(cluster.Store.Get<Node>("", "node-1")!));
        cluster.Until("everything runs on the last node", () => cluster.IsReady("web", 3) && cluster.LivePods.All(pod => pod.Spec.NodeName == "node-3"), seconds: 10);
        cluster.Until("what was on the deleted node is gone", () => cluster.Pods.All(pod => pod.Spec.NodeName != "node-1"), seconds: 35);
    }

    [Fact]
    public void SilenceWhileReportsCannotBeStored_CountsForNothing()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));
        long revision = cluster.Store.Revision;

        cluster.Presence.IsDown = true;
        cluster.Silence("node-1");
        cluster.Thread.Advance(TimeSpan.FromSeconds(60));
        cluster.Presence.IsDown = false;
        cluster.Presence.Seen("node-1");
        cluster.Presence.StoredWithoutGapSince = cluster.Thread.Time.GetUtcNow();
        cluster.Thread.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(revision, cluster.Store.Revision);
    }

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

    [Fact]
    public void AQuietCluster_IsWrittenToNoMore()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));
        cluster.Thread.Advance(TimeSpan.FromSeconds(5));
        long revision = cluster.Store.Revision;

        cluster.Thread.Advance(TimeSpan.FromMinutes(20));

        Assert.Equal(revision, cluster.Store.Revision);
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
