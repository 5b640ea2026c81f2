using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>What is declared becomes pods, and stays so.</summary>
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

    private bool IsServing(string deployment, int replicas) =>
        cluster.Store.Get<Deployment>("default", deployment)?.Status is { } status && status.AvailableReplicas == replicas && status.Replicas == replicas
        && cluster.Pods.Count(pod => OwnerOf(pod) == deployment) == replicas;

    private string UidsOf(string deployment) =>
        string.Join(' ', cluster.Pods.Where(pod => OwnerOf(pod) == deployment).Select(pod => pod.Uid).Order(StringComparer.Ordinal));

    /// <summary>The Deployment whose ReplicaSet controls a pod.</summary>
    private string? OwnerOf(Pod pod) => cluster.Store.All<ReplicaSet>()
        .FirstOrDefault(replicaSet => replicaSet.Uid == pod.Metadata.Controller?.Uid)?.Metadata.Controller?.Name;
}
