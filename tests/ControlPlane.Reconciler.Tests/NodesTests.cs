using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>Where pods go, and what becomes of them when their node is lost.</summary>
public sealed class NodesTests : IDisposable
{
    private readonly SimulatedCluster cluster = new();

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void PodsThatFitNowhere_AreBoundWhenANodeComes()
    {
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("two pods wait", () => cluster.Pods.Count(pod => pod.Spec.NodeName is null) == 2);

        cluster.AddNodes(1);

        cluster.Until("all pods are available", () => cluster.IsReady("web", 2));
    }

    /// <summary>4 CPUs come, and with them 100 Deployments of one pod each that fill them: more keys than a pass takes.</summary>
    [Fact]
    public void APodThatWaits_IsPlacedBeforeNewOnesHoweverManyComeAtOnce()
    {
        static PodSpec Asking(PodSpec spec, string cpu) => spec with
        {
            Containers = [spec.Containers[0] with { Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse(cpu) }.ToValueMap() } }],
        };

        cluster.StartReconciler();
        cluster.CreateDeployment("old", replicas: 1, spec => Asking(spec, "1"));
        cluster.Until("it waits", () => cluster.Pods.Any(pod => pod.Status?.Unschedulable is not null));

        for (int i = 0; i < 100; i++)
        {
            cluster.CreateDeployment($"new-{i}", replicas: 1, spec => Asking(spec, "100m"));
        }

        cluster.AddNodes(1);
        cluster.Until("the node is full", () => cluster.Pods.Count(pod => pod.Spec.NodeName is not null) >= 31);

        Assert.Equal("node-1", cluster.Pods.Single(pod => pod.Metadata.Labels["app"] == "old").Spec.NodeName);
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
    public void ASilentNode_IsDeclaredLostInTimeThoughTheLeadersClockIsSetBack()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));

        cluster.Thread.Time.Offset = TimeSpan.FromHours(-1);
        cluster.Silence("node-2");

        cluster.Until("the node is declared lost", () => !cluster.Store.Get<Node>("", "node-2")!.IsReady(), seconds: 20);
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

    /// <summary>
    /// Six pods, one of which may be away, on three nodes. A node is deleted and a new version released in the same moment: the two pods that are lost are more than may be away, so no other is
    /// ended before new ones are ready.
    /// </summary>
    [Fact]
    public void ADeletedNode_TakesItsPodsOutOfWhatARolloutCountsOn_AtOnce()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        Deployment web = cluster.CreateDeployment("web", replicas: 6);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 6));
        cluster.Silence("node-1");
        cluster.Store.Commit(Write.Remove.Of(cluster.Store.Get<Node>("", "node-1")!));
        web = cluster.Store.Get<Deployment>("default", "web")!;
        PodSpec changed = web.Spec.Template.Spec with { Containers = [web.Spec.Template.Spec.Containers[0] with { Image = "app:2" }] };
        cluster.Store.Commit(new Write.Update(
            web with { Metadata = web.Metadata with { Generation = 2 }, Spec = web.Spec with { Template = web.Spec.Template with { Spec = changed } } }, ResourceParts.Desired));

        for (int step = 0; step < 300; step++)
        {
            cluster.Thread.Advance(TimeSpan.FromMilliseconds(10));
            Pod[] there = [.. cluster.Pods.Where(pod => pod.Spec.NodeName != "node-1")];
            int available = there.Count(pod => !pod.Metadata.IsDeleting && Conditions.Find(pod.Status?.Conditions ?? default, "Ready")?.Status == "True");
            Assert.False(available < 4 || (available < 5 && there.Any(pod => pod.Metadata.IsDeleting)), $"{available} available\n{cluster.Describe()}");
        }

        cluster.Until("all pods are of the new version", () => cluster.IsReady("web", 6));
    }

    [Fact]
    public void MostNodesSilentTogether_NothingIsEvictedUntilTheyAreDeleted()
    {
        cluster.AddNodes(3);
        cluster.StartReconciler();
        ReconcilerFigures figures = cluster.Figures[0];
        cluster.CreateDeployment("web", replicas: 3);
        cluster.Until("all pods are available", () => cluster.IsReady("web", 3));
        Assert.Equal((true, false, 0), (figures.Leads, figures.AreEvictionsStopped, figures.SilentNodes));

        cluster.Silence("node-1");
        cluster.Silence("node-2");
        cluster.Thread.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(3, cluster.LivePods.Count());
        Assert.Equal("True", Conditions.Find(cluster.Store.Get<Node>("", "node-1")!.Status!.Conditions, "EvictionsStopped")?.Status);
        Assert.Contains(cluster.Store.All<Event>(), item => item.Reason == "EvictionsStopped");
        Assert.Equal((true, true, 2), (figures.Leads, figures.AreEvictionsStopped, figures.SilentNodes));

        cluster.Store.Commit(Write.Remove.Of(cluster.Store.Get<Node>("", "node-1")!));
        cluster.Until("everything runs on the last node", () => cluster.IsReady("web", 3) && cluster.LivePods.All(pod => pod.Spec.NodeName == "node-3"), seconds: 10);
        cluster.Until("what was on the deleted node is gone", () => cluster.Pods.All(pod => pod.Spec.NodeName != "node-1"), seconds: 35);
        Assert.False(figures.AreEvictionsStopped);
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
        cluster.Presence.StoredWithoutGapSince = cluster.Thread.Time.GetTimestamp();
        cluster.Thread.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(revision, cluster.Store.Revision);
    }
}
