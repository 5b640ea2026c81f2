using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

/// <summary>Which pods are alike to the scheduler, so that what was found for one holds for the next, and until when it does.</summary>
public sealed class PodDemandTests
{
    private static readonly Pod Web = SchedulerTests.MakePod("web-1", owner: "rs");

    private static readonly Affinity Near = new() { PodAffinity = new PodAffinity() };

    private static readonly Affinity Away = new() { PodAntiAffinity = new PodAntiAffinity() };

    private static readonly Affinity OnNodes = new() { NodeAffinity = new NodeAffinity() };

    private static readonly TopologySpreadConstraint ByZone = new() { MaxSkew = 1, TopologyKey = "zone" };

    public static TheoryData<string, PodSpec> OtherDemands => new()
    {
        { "a request", With(new Container { Name = "c", Resources = new ResourceRequirements { Requests = default(ValueMap<Quantity>).SetItem("cpu", Quantity.Parse("3")) } }) },
        { "a port of the host", With(new Container { Name = "c", Ports = [new ContainerPort { Number = 80, HostPort = 8080 }] }) },
        { "a node selector", new PodSpec { NodeSelector = ValueMap.Of(("disk", "ssd")) } },
        { "an affinity", new PodSpec { Affinity = OnNodes } },
        { "a toleration", new PodSpec { Tolerations = [new Toleration { Key = "repair", Operator = "Exists" }] } },
        { "a spread", new PodSpec { TopologySpreadConstraints = [ByZone] } },
    };

    [Theory]
    [MemberData(nameof(OtherDemands))]
    public void Of_PodsThatAskForOtherThings_AreNotAlike(string what, PodSpec spec)
    {
        PodDemand plain = PodDemand.Of(Web with { Spec = new PodSpec() }, isKeptAway: false);

        Assert.True(plain != PodDemand.Of(Web with { Spec = spec }, isKeptAway: false), what);
        Assert.Equal(PodDemand.Of(Web with { Spec = spec }, isKeptAway: false), PodDemand.Of(Named("web-2") with { Spec = spec }, isKeptAway: false));
    }

    [Fact]
    public void Of_PodsOfAnotherOwner_AreNotAlike() => Assert.NotEqual(
        PodDemand.Of(Web, isKeptAway: false), PodDemand.Of(SchedulerTests.MakePod("web-1", owner: "other"), isKeptAway: false));

    /// <summary>A container's own port takes nothing of its node, and neither does a dynamic one.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    public void Of_APortThatTheHostChooses_AsksForNone(int? hostPort) => Assert.Empty(
        PodDemand.Of(Web with { Spec = With(new Container { Name = "c", Ports = [new ContainerPort { Number = 80, HostPort = hostPort }] }) }, isKeptAway: false).HostPorts);

    /// <summary>Labels and namespace part pods only where somebody looks at them: a pod that keeps others away, or these pods themselves.</summary>
    [Theory]
    [InlineData(false, "nobody", true)]
    [InlineData(false, "nodes", true)]
    [InlineData(true, "nobody", false)]
    [InlineData(false, "near", false)]
    [InlineData(false, "away", false)]
    [InlineData(false, "spread", false)]
    public void Of_PodsOfOtherLabelsOrNamespace_AreAlikeWhereNobodyLooksAtThem(bool isKeptAway, string looks, bool areAlike)
    {
        Pod pod = Web with { Spec = Looking(looks) };
        Pod labelled = pod with { Metadata = pod.Metadata with { Labels = ValueMap.Of(("app", "another")) } };
        Pod elsewhere = pod with { Metadata = pod.Metadata with { Namespace = "elsewhere" } };
        PodDemand demand = PodDemand.Of(pod, isKeptAway);

        Assert.Equal(areAlike, demand == PodDemand.Of(labelled, isKeptAway));
        Assert.Equal(areAlike, demand == PodDemand.Of(elsewhere, isKeptAway));
    }

    /// <summary>A pod that has come can make a node better only for one that wants to be near it, or for one that is spread.</summary>
    [Theory]
    [InlineData("nobody", true)]
    [InlineData("nodes", true)]
    [InlineData("away", true)]
    [InlineData("near", false)]
    [InlineData("spread", false)]
    public void OnlyGetsWorse_UnlessOtherPodsMakeANodeBetter(string looks, bool onlyGetsWorse)
    {
        Pod pod = Web with { Spec = Looking(looks) };

        Assert.Equal(onlyGetsWorse, PodFit.Of(pod, PodDemand.Of(pod, isKeptAway: false), new ClusterState()).OnlyGetsWorse);
    }

    private static PodSpec Looking(string at) => at switch
    {
        "nodes" => new PodSpec { Affinity = OnNodes },
        "near" => new PodSpec { Affinity = Near },
        "away" => new PodSpec { Affinity = Away },
        "spread" => new PodSpec { TopologySpreadConstraints = [ByZone] },
        _ => new PodSpec(),
    };

    private static Pod Named(string name) => Web with { Metadata = Web.Metadata with { Name = name, Uid = name } };

    private static PodSpec With(Container container) => new() { Containers = [container] };
}
