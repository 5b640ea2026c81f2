using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>What is always there: a ServiceAccount and the API's certificate in each namespace, and the API's Service.</summary>
public sealed class StandingObjectsTests : IDisposable
{
    private readonly SimulatedCluster cluster;
    private ApiServerFacts facts = new() { RootCertificate = "pem", Address = new ApiServerAddress("10.0.0.5", 8443) };

    public StandingObjectsTests() => cluster = new SimulatedCluster { Api = () => facts };

    private ConfigMap? Certificate => cluster.Store.Get<ConfigMap>("shop", "kube-root-ca.crt");

    private ServiceAccount? Account => cluster.Store.Get<ServiceAccount>("shop", "default");

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void ANamespace_GetsItsObjects_WhicheverWayItCame()
    {
        cluster.StartReconciler();
        cluster.Until("the namespace that was there has them", () => cluster.Store.Get<ServiceAccount>("default", "default") is not null && cluster.Store.Get<ConfigMap>("default", "kube-root-ca.crt") is not null);

        AddShop();

        cluster.Until("the new one has them, too", () => Account is not null && Certificate?.Data["ca.crt"] == "pem", seconds: 2);
    }

    [Fact]
    public void WhatIsDeletedOrChanged_ComesBack()
    {
        cluster.StartReconciler();
        AddShop();
        cluster.Until("they are there", () => Account is not null && Certificate is not null);

        cluster.Store.Commit(Write.Remove.Of(Account!), Write.Remove.Of(Certificate!));
        cluster.Until("they are back", () => Account is not null && Certificate is not null, seconds: 2);

        cluster.Store.Commit(new Write.Update(Certificate! with { Data = ValueMap.Of(("ca.crt", "forged")) }, ResourceParts.Desired));
        cluster.Until("it is put right", () => Certificate?.Data["ca.crt"] == "pem", seconds: 2);
    }

    [Fact]
    public void ANamespaceThatIsDeleted_TakesThemWithIt()
    {
        cluster.StartReconciler();
        AddShop();
        cluster.Until("they are there", () => Account is not null && Certificate is not null);

        Namespace shop = cluster.Store.Get<Namespace>("", "shop")!;
        cluster.Store.Commit(new Write.Update(shop with { Metadata = shop.Metadata with { DeletionTimestamp = cluster.Thread.Time.GetUtcNow() } }, ResourceParts.All));

        cluster.Until("all is gone", () => Account is null && Certificate is null && cluster.Store.Get<Namespace>("", "shop") is null);
    }

    [Fact]
    public void TheApisService_IsThere_AndComesBackAtItsAddress()
    {
        cluster.StartReconciler();
        cluster.Until("it is there", () => Api() is not null);
        Assert.Equal("127.96.0.1", Api()!.Spec.ClusterIP);
        Assert.Equal("10.0.0.5", cluster.Store.Get<Endpoints>("default", "kubernetes")!.Subsets[0].Addresses[0].Ip);

        string first = Api()!.Uid;
        cluster.Store.Commit(Write.Remove.Of(Api()!));

        cluster.Until("it is back", () => Api() is { } again && again.Uid != first && again.Spec.ClusterIP == "127.96.0.1");
        cluster.Thread.Settle();
        Assert.Equal(Api()!.Uid, Assert.Single(cluster.Store.All<ServiceAllocation>()).Metadata.Controller!.Uid);

        cluster.Store.Commit(Write.Remove.Of(cluster.Store.Get<EndpointSlice>("default", "kubernetes")!));
        cluster.Until("its slice is back", () => cluster.Store.Get<EndpointSlice>("default", "kubernetes")?.Endpoints[0].Addresses[0] == "10.0.0.5", seconds: 2);
    }

    [Fact]
    public void TheApisAddress_IsToldOnceItIsKnown()
    {
        ApiServerFacts complete = facts;
        facts = facts with { Address = null };
        cluster.StartReconciler();
        cluster.Until("the reconciler is at work", () => cluster.Store.Get<ConfigMap>("default", "kube-root-ca.crt") is not null);
        Assert.Null(Api());

        facts = complete;

        cluster.Until("the Service is there", () => Api() is not null, seconds: 5);
    }

    private Service? Api() => cluster.Store.Get<Service>("default", "kubernetes");

    private void AddShop() => cluster.Store.Commit(new Write.Create(new Namespace { Metadata = cluster.Meta("", "shop") }));
}
