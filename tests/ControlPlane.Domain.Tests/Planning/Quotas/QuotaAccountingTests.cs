using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Tests.Rules;

namespace ControlPlane.Domain.Tests.Planning.Quotas;

public sealed class QuotaAccountingTests
{
    [Fact]
    public void APodThatFits_IsCountedInTheStatus_OnTheConditionThatNobodyElseWas()
    {
        ResourceQuota quota = Quota("q", ("pods", "2"), ("requests.cpu", "1"), ("count/secrets", "9")) with
        {
            Status = new ResourceQuotaStatus { Used = Objects.Quantities(("count/secrets", "3"), ("pods", "77")) },
        };

        QuotaAnswer.Fits fits = Fits(Pod("new", "400m"), [quota], Pod("a", "600m"));

        Write.Update update = Assert.IsType<Write.Update>(Assert.Single(fits.Writes));
        ResourceQuotaStatus status = ((ResourceQuota)update.Object).Status!;
        Assert.Equal(ResourceParts.Status, update.Parts);
        Assert.Equal(Objects.Quantities(("count/secrets", "3"), ("pods", "2"), ("requests.cpu", "1")), status.Used);
        Assert.Equal(quota.Spec.Hard, status.Hard);
        Assert.Equal(new Precondition.AtResourceVersion(ResourceKinds.ResourceQuota, quota.Key, 7), Assert.Single(fits.Preconditions));
    }

    [Fact]
    public void APodTooMany_IsRefusedInKubernetesWords()
    {
        ResourceQuota quota = Quota("q", ("pods", "5"));

        Assert.Equal(
            "exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5",
            Refused(Pod("new"), [quota], [.. Enumerable.Range(0, 5).Select(i => Pod($"p{i}"))]));
    }

    [Fact]
    public void WhatIsExceeded_IsNamedInOrder_AndNothingElse()
    {
        ResourceQuota quota = Quota("q", ("requests.memory", "200Mi"), ("cpu", "500m"), ("pods", "5"), ("limits.memory", "1Gi"));

        Assert.Equal(
            "exceeded quota: q, requested: cpu=400m,requests.memory=128Mi, used: cpu=400m,requests.memory=128Mi, limited: cpu=500m,requests.memory=200Mi",
            Refused(Pod("new", "400m", "128Mi", "256Mi"), [quota], Pod("a", "400m", "128Mi", "256Mi")));
    }

    [Fact]
    public void EachQuota_HasItsSay_TheFirstByNameFirst()
    {
        ResourceQuota wide = Quota("b", ("pods", "5"));
        ResourceQuota narrow = Quota("c", ("count/pods", "0"));
        ResourceQuota none = Quota("a", ("pods", "0"));

        Assert.StartsWith("exceeded quota: c, requested: count/pods=1", Refused(Pod("new"), [wide, narrow]), StringComparison.Ordinal);
        Assert.StartsWith("exceeded quota: a,", Refused(Pod("new"), [narrow, none, wide]), StringComparison.Ordinal);
        Assert.Equal(["a", "b"], Fits(Pod("new"), [wide, Quota("a", ("pods", "1"))]).Writes.Select(write => write.Key.Name));
    }

    [Fact]
    public void APodThatDoesNotSayWhatAQuotaIsAbout_IsRefused_EachContainerByName()
    {
        ResourceQuota quota = Quota("q", ("limits.cpu", "1"), ("requests.memory", "1Gi"), ("memory", "1Gi"), ("pods", "9"));
        Container said = new() { Name = "said", Resources = new() { Limits = Objects.Quantities(("cpu", "1")), Requests = Objects.Quantities(("memory", "1Mi")) } };
        Pod pod = new() { Metadata = Meta("new"), Spec = new PodSpec { InitContainers = [new() { Name = "z" }], Containers = [said, new() { Name = "b" }] } };

        Assert.Equal("failed quota: q: must specify limits.cpu for: b,z; memory for: b,z; requests.memory for: b,z", Refused(pod, [quota]));
        Assert.IsType<QuotaAnswer.Fits>(Judge(pod with { Spec = new PodSpec { Containers = [said] } }, null, [quota]));
    }

    /// <summary>It is gone for what it asked of its node, and still an object; one that is stopping asks until it is gone.</summary>
    [Fact]
    public void APodThatHasEnded_CountsAsAnObjectAlone()
    {
        Pod ended = Pod("ended", "1") with { Status = new PodStatus { Phase = "Succeeded" } };
        Pod stopping = Pod("stopping", "1") with { Metadata = Meta("stopping") with { DeletionTimestamp = Make.Start } };

        Assert.Equal(Objects.Quantities(("count/pods", "2"), ("cpu", "1"), ("pods", "1")), UsedOf(Quota("q", ("pods", "5"), ("count/pods", "5"), ("cpu", "5")), ended, stopping));
    }

    [Fact]
    public void Objects_CountByTheirNames()
    {
        Resource[] contents =
        [
            new ConfigMap { Metadata = Meta("m") }, new Secret { Metadata = Meta("s") }, new Secret { Metadata = Meta("t") }, new Deployment { Metadata = Meta("d") }, Service("one"),
            Service("two", 30001, 30002), Quota("q"),
        ];

        ValueMap<Quantity> used = UsedOf(
            Quota("q", ("configmaps", "0"), ("secrets", "0"), ("services", "0"), ("services.nodeports", "0"), ("services.loadbalancers", "0"), ("resourcequotas", "0"),
                ("count/deployments.apps", "0"), ("count/services", "0"), ("persistentvolumeclaims", "0"), ("example.com/dongles", "0")),
            contents);

        Assert.Equal(
            "configmaps=1,count/deployments.apps=1,count/services=2,example.com/dongles=0,persistentvolumeclaims=0,resourcequotas=1,secrets=2,services=2,services.loadbalancers=0,services.nodeports=2",
            used.ToString());
    }

    [Fact]
    public void AnInitContainer_CountsWhereItAsksForMoreThanTheOthersTogether()
    {
        Container Asking(string cpu) => new() { Name = cpu, Resources = new() { Requests = Objects.Quantities(("cpu", cpu)) } };
        Pod small = new() { Metadata = Meta("small"), Spec = new PodSpec { InitContainers = [Asking("300m"), Asking("200m")], Containers = [Asking("200m"), Asking("200m")] } };
        Pod large = small with { Spec = small.Spec with { InitContainers = [Asking("500m")] } };

        Assert.Equal("requests.cpu=400m", UsedOf(Quota("q", ("requests.cpu", "5")), small).ToString());
        Assert.Equal("requests.cpu=500m", UsedOf(Quota("q", ("requests.cpu", "5")), large).ToString());

        Container sidecar = Asking("100m") with { RestartPolicy = "Always" };
        Assert.Equal("requests.cpu=500m", UsedOf(Quota("q", ("requests.cpu", "5")), small with { Spec = small.Spec with { InitContainers = [sidecar, .. small.Spec.InitContainers] } }).ToString());
        Assert.Equal("requests.cpu=600m", UsedOf(Quota("q", ("requests.cpu", "5")), large with { Spec = large.Spec with { InitContainers = [sidecar, .. large.Spec.InitContainers] } }).ToString());
    }

    /// <summary>More than can be counted is as much as can be counted, and not less than nothing.</summary>
    [Fact]
    public void ContainersThatAskForMoreThanCanBeCounted_CountAsMuchAsCan()
    {
        Container container = new() { Name = "c", Resources = new() { Requests = Objects.Quantities(("cpu", "10P")) } };
        Pod pod = new() { Metadata = Meta("large"), Spec = new PodSpec { Containers = [container, container with { Name = "d" }] } };

        Assert.Equal("requests.cpu=9223372036854775807m", UsedOf(Quota("q", ("requests.cpu", "5")), pod, pod with { Metadata = Meta("other") }).ToString());
        Assert.IsType<QuotaAnswer.Refused>(Judge(pod with { Metadata = Meta("third") }, null, [Quota("q", ("requests.cpu", "9P"))], pod));
    }

    [Theory]
    [InlineData("64Mi", "64Mi", "128Mi")]
    [InlineData("512Mi", "512Mi", "1Gi")]
    [InlineData("1000", "24", "1Ki")]
    [InlineData("1000", "1", "1001")]
    [InlineData("1Gi", "1Mi", "1025Mi")]
    [InlineData("1024Ti", "1024Ti", "2Pi")]
    [InlineData("300M", "200M", "500M")]
    public void Memory_ReadsInTheLargestUnitThatFits(string one, string other, string sum) =>
        Assert.Equal($"memory={sum}", UsedOf(Quota("q", ("memory", "9Ti")), Pod("a", memory: one), Pod("b", memory: other)).ToString());

    [Fact]
    public void AServiceThatAsksForMoreNodePorts_IsJudgedByWhatIsMore()
    {
        ResourceQuota quota = Quota("q", ("services", "1"), ("services.nodeports", "2"));
        Service stored = Service("web", 30001);

        Assert.Equal(
            "exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=1, limited: services.nodeports=2",
            ((QuotaAnswer.Refused)Judge(Service("web", 30001, 30002, 30003), stored, [quota], stored)).Why);
        QuotaAnswer.Fits fits = (QuotaAnswer.Fits)Judge(Service("web", 30001, 30002), stored, [quota], stored);
        Assert.Equal("services.nodeports=2", ((ResourceQuota)((Write.Update)Assert.Single(fits.Writes)).Object).Status!.Used.ToString());
        Assert.Empty(((QuotaAnswer.Fits)Judge(Service("web"), stored, [quota], stored)).Writes);
    }

    [Fact]
    public void WhatNoQuotaIsAbout_CostsNothing()
    {
        ResourceQuota quota = Quota("q", ("pods", "0"), ("cpu", "0"));

        Assert.Empty(Fits(new Secret { Metadata = Meta("s") }, [quota]).Writes);
        Assert.False(Concerns(quota, new Secret { Metadata = Meta("s") }));
        Assert.True(Concerns(quota, Pod("p")));
        Assert.False(Concerns(quota, Pod("p") with { Metadata = Meta("p") with { Namespace = "other" } }));
        Assert.False(Concerns(Quota("z", ("cpu", "1")), Pod("p") with { Status = new PodStatus { Phase = "Failed" } }));
    }

    [Fact]
    public void TheStatus_IsWrittenWhenItIsNews_OnTheQuotaAsItWasRead()
    {
        ResourceQuota quota = Quota("q", ("pods", "2"));

        Plan plan = QuotaAccounting.Plan(quota, [Pod("a")]);

        ResourceQuota written = (ResourceQuota)Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object;
        Assert.Equal(("pods=2", "pods=1"), (written.Status!.Hard.ToString(), written.Status.Used.ToString()));
        Assert.Equal(new Precondition.AtResourceVersion(ResourceKinds.ResourceQuota, quota.Key, 7), Assert.Single(plan.Preconditions));
        Assert.Empty(QuotaAccounting.Plan(written, [Pod("a")]).Writes);
    }

    private static bool Concerns(ResourceQuota quota, Resource item) => QuotaAccounting.Concerns(quota, item);

    private static QuotaAnswer Judge(Resource wanted, Resource? stored, IEnumerable<ResourceQuota> quotas, params Resource[] alike) =>
        QuotaAccounting.Judge(wanted, stored, quotas, alike);

    private static QuotaAnswer.Fits Fits(Resource wanted, IEnumerable<ResourceQuota> quotas, params Resource[] alike) =>
        Assert.IsType<QuotaAnswer.Fits>(Judge(wanted, null, quotas, alike));

    private static string Refused(Resource wanted, IEnumerable<ResourceQuota> quotas, params Resource[] alike) =>
        Assert.IsType<QuotaAnswer.Refused>(Judge(wanted, null, quotas, alike)).Why;

    private static ValueMap<Quantity> UsedOf(ResourceQuota quota, params Resource[] contents) =>
        ((ResourceQuota)((Write.Update)Assert.Single(QuotaAccounting.Plan(quota, contents).Writes)).Object).Status!.Used;

    internal static ResourceQuota Quota(string name, params (string, string)[] hard) => new()
    {
        Metadata = Meta(name) with { ResourceVersion = "7" },
        Spec = new ResourceQuotaSpec { Hard = Objects.Quantities(hard) },
    };

    private static Pod Pod(string name, string? cpu = null, string? memory = null, string? limit = null)
    {
        (string, string?)[] requests = [("cpu", cpu), ("memory", memory)];
        ResourceRequirements resources = new()
        {
            Requests = Objects.Quantities([.. requests.Where(request => request.Item2 is not null).Select(request => (request.Item1, request.Item2!))]),
            Limits = limit is null ? default : Objects.Quantities(("memory", limit)),
        };
        return new Pod { Metadata = Meta(name), Spec = new PodSpec { Containers = [new Container { Name = "c", Resources = resources }] } };
    }

    private static Service Service(string name, params int[] nodePorts) => new()
    {
        Metadata = Meta(name),
        Spec = new ServiceSpec { Type = nodePorts.Length > 0 ? "NodePort" : "ClusterIP", Ports = [.. nodePorts.Select(port => new ServicePort { NodePort = port })] },
    };

    private static ObjectMeta Meta(string name) => new() { Name = name, Namespace = TestWorld.Namespace, Uid = name + "-uid" };
}
