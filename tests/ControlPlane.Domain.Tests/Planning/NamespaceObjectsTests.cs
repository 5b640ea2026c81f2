using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning;

public sealed class NamespaceObjectsTests
{
    private static readonly Namespace Shop = new() { Metadata = new ObjectMeta { Name = "shop" } };

    private static readonly ServiceAccount Account = new() { Metadata = Meta("default") };

    private static readonly ConfigMap Certificate = new() { Metadata = Meta("kube-root-ca.crt"), Data = ValueMap.Of(("ca.crt", "pem")) };

    [Fact]
    public void ANewNamespace_GetsItsAccountAndTheCertificate()
    {
        Resource[] made = [.. Plan(Shop, null, null).Writes.Select(write => Assert.IsType<Write.Create>(write).Object)];

        ServiceAccount account = Assert.IsType<ServiceAccount>(made[0]);
        Assert.Equal(("v1", "ServiceAccount", "shop/default", Make.Start), (account.ApiVersion, account.Kind, account.Key.ToString(), account.Metadata.CreationTimestamp));
        ConfigMap map = Assert.IsType<ConfigMap>(made[1]);
        Assert.Equal(("v1", "ConfigMap", "shop/kube-root-ca.crt"), (map.ApiVersion, map.Kind, map.Key.ToString()));
        Assert.Equal(ValueMap.Of(("ca.crt", "pem")), map.Data);
        Assert.Equal(2, made.Select(item => item.Uid).Where(uid => uid.Length > 0).Distinct().Count());
    }

    [Fact]
    public void WhatIsThere_IsLeftAsItIs() => Assert.Empty(Plan(Shop, Account, Certificate).Writes);

    [Fact]
    public void OneOfTheTwo_IsMadeAlone()
    {
        Assert.IsType<ServiceAccount>(Assert.IsType<Write.Create>(Assert.Single(Plan(Shop, null, Certificate).Writes)).Object);
        Assert.IsType<ConfigMap>(Assert.IsType<Write.Create>(Assert.Single(Plan(Shop, Account, null).Writes)).Object);
    }

    [Fact]
    public void ACertificateThatIsAnother_IsPutRight_WithNothingBesideIt()
    {
        ConfigMap changed = Certificate with { Data = ValueMap.Of(("ca.crt", "old"), ("more", "x")), Metadata = Certificate.Metadata with { Labels = Make.Labels } };

        Write.Update update = Assert.IsType<Write.Update>(Assert.Single(Plan(Shop, Account, changed).Writes));

        Assert.Equal(ResourceParts.Desired, update.Parts);
        Assert.Equal(Certificate with { Metadata = changed.Metadata }, update.Object);
    }

    [Fact]
    public void ACertificateOnItsWayOut_IsLeftToGo() => Assert.Empty(
        Plan(Shop, Account, Certificate with { Data = default, Metadata = Certificate.Metadata with { DeletionTimestamp = Make.Start } }).Writes);

    [Fact]
    public void WithoutHttps_ThereIsNoCertificate() =>
        Assert.IsType<ServiceAccount>(Assert.IsType<Write.Create>(Assert.Single(Plan(Shop, null, null, new ApiServerFacts()).Writes)).Object);

    [Fact]
    public void ANamespaceOnItsWayOut_GetsNothing() =>
        Assert.Empty(Plan(Shop with { Metadata = Shop.Metadata with { DeletionTimestamp = Make.Start } }, null, null).Writes);

    private static Plan Plan(Namespace space, ServiceAccount? account, ConfigMap? certificate, ApiServerFacts? facts = null) =>
        NamespaceObjects.Plan(space, account, certificate, facts ?? new ApiServerFacts { RootCertificate = "pem" }, Make.Start, new IdSource(1));

    private static ObjectMeta Meta(string name) => new() { Name = name, Namespace = "shop", Uid = name + "-uid" };
}
