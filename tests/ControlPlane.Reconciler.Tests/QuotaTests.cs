using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>What the reconciler makes fits into quotas, and goes on when there is room.</summary>
public sealed class QuotaTests : IDisposable
{
    private readonly SimulatedCluster cluster = new();

    public QuotaTests()
    {
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.Store.Commit(new Write.Create(new ResourceQuota { Metadata = cluster.Meta("default", "q"), Spec = Spec(3) }));
    }

    private ResourceQuota Quota => cluster.Store.Get<ResourceQuota>("default", "q")!;

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void ADeploymentThatDoesNotFit_SaysSo_AndGoesOnWhenTheQuotaGrows()
    {
        cluster.CreateDeployment("web", replicas: 5);
        cluster.Until("three pods are there, and the Deployment says why no more", () => cluster.Pods.Count() == 3 && Failure("web") is not null);
        Assert.Matches("^pods \"web-[a-z0-9]+-\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3$", Failure("web")!.Message);
        Assert.Equal("pods=3", Quota.Status!.Used.ToString());

        cluster.Store.Commit(new Write.Update(Quota with { Spec = Spec(5) }, ResourceParts.Desired));

        cluster.Until("the others have come", () => cluster.IsReady("web", 5) && Failure("web") is null && Quota.Status!.Used.ToString() == "pods=5", seconds: 3);
    }

    [Fact]
    public void RoomThatAnotherLeaves_IsTaken()
    {
        cluster.CreateDeployment("first", replicas: 3);
        cluster.Until("the first has all the room", () => cluster.IsReady("first", 3));
        cluster.CreateDeployment("second", replicas: 1);
        cluster.Until("the second says that it has none", () => Failure("second") is not null);

        Deployment first = cluster.Store.Get<Deployment>("default", "first")!;
        cluster.Store.Commit(new Write.Update(first with { Spec = first.Spec with { Replicas = 2 } }, ResourceParts.Desired));

        cluster.Until("the second has what the first has left", () => cluster.Store.Get<Deployment>("default", "second")!.Status?.AvailableReplicas == 1 && Failure("second") is null, seconds: 5);
        Assert.Equal(3, cluster.Pods.Count());
    }

    [Fact]
    public void DeploymentsOfOnePass_NeverTakeTheSameRoom()
    {
        int most = 0;
        cluster.Store.Database.Committed += _ => most = Math.Max(most, cluster.Store.All<Pod>().Count());

        foreach (string name in new[] { "a", "b", "c", "d" })
        {
            cluster.CreateDeployment(name, replicas: 2);
        }

        cluster.Until("all the room is taken", () => cluster.Pods.Count() == 3 && Quota.Status!.Used.ToString() == "pods=3");
        cluster.Thread.Settle();
        Assert.Equal(3, most);
    }

    [Fact]
    public void WhatIsUsed_FollowsWhatIsDeleted()
    {
        cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("two are used", () => Quota.Status?.Used.ToString() == "pods=2");

        Deployment web = cluster.Store.Get<Deployment>("default", "web")!;
        cluster.Store.Commit(new Write.Update(web with { Spec = web.Spec with { Replicas = 0 } }, ResourceParts.Desired));

        cluster.Until("none is", () => Quota.Status?.Used.ToString() == "pods=0", seconds: 5);
    }

    private Condition? Failure(string deployment) => Conditions.Find(cluster.Store.Get<Deployment>("default", deployment)?.Status?.Conditions ?? default, "ReplicaFailure");

    private static ResourceQuotaSpec Spec(long pods) => new() { Hard = new Dictionary<string, Quantity> { ["pods"] = Quantity.FromValue(pods) }.ToValueMap() };
}
