using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class ServiceAllocationsTests
{
    private static readonly ServiceRanges Small = new(AddressRange.Parse("127.96.0.0/29"), new PortRange(30000, 30002));
    private readonly TakenTable taken = new();

    [Fact]
    public void NewService_WithoutAnAddress_GetsOneOfTheRange_AndTakesIt()
    {
        AllocationPlan plan = Plan(Service("a"));

        Assert.Empty(plan.Errors);
        Assert.True(Small.Addresses.Contains(plan.Service.Spec.ClusterIP!));
        Assert.Equal([plan.Service.Spec.ClusterIP!], plan.Service.Spec.ClusterIPs);
        Write.Create create = Assert.IsType<Write.Create>(Assert.Single(plan.Writes));
        Assert.Equal($"ip-{plan.Service.Spec.ClusterIP}", create.Key.Name);
        Assert.Equal(plan.Service.Uid, create.Object.Metadata.Controller!.Uid);
    }

    /// <summary>A /29 has six addresses to give out.</summary>
    [Fact]
    public void Services_UntilTheRangeIsFull_GetDifferentAddresses_AndThenNone()
    {
        string[] addresses = [.. Enumerable.Range(0, 6).Select(i => Commit(Plan(Service($"s{i}"))).Spec.ClusterIP!)];

        Assert.Equal(6, addresses.Distinct().Count());
        FieldError error = Assert.Single(Plan(Service("late")).Errors);
        Assert.Equal(("spec.clusterIPs", FieldErrorReason.Invalid), (error.Field, error.Reason));
        Assert.Contains("range 127.96.0.0/29 is full", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Headless_TakesNothing() => Assert.Empty(Plan(Service("a", clusterIP: "None")).Writes);

    [Theory]
    [InlineData("10.0.0.1", "failed to allocate IP 10.0.0.1: the provided IP (10.0.0.1) is not in the valid range. The range of valid IPs is 127.96.0.0/29")]
    [InlineData("127.96.0.3", "failed to allocate IP 127.96.0.3: provided IP is already allocated")]
    public void NamedAddress_ThatCannotBeHad_IsRefused(string address, string why)
    {
        Commit(Plan(Service("first", clusterIP: "127.96.0.3")));

        Assert.Equal($"Invalid value: [\"{address}\"]: {why}", Assert.Single(Plan(Service("second", clusterIP: address)).Errors).Message);
    }

    [Theory]
    [InlineData(29999, "provided port is not in the valid range. The range of valid ports is 30000-30002")]
    [InlineData(30001, "provided port is already allocated")]
    public void NamedNodePort_ThatCannotBeHad_IsRefusedAtItsPath(int port, string why)
    {
        Commit(Plan(Service("first", nodePorts: 30001)));

        FieldError error = Assert.Single(Plan(Service("second", nodePorts: port)).Errors);

        Assert.Equal("spec.ports[0].nodePort", error.Field);
        Assert.Equal($"Invalid value: {port}: {why}", error.Message);
    }

    [Fact]
    public void NodePorts_ThatAreNotNamed_AvoidThoseThatAre()
    {
        AllocationPlan plan = Plan(Service("a", nodePorts: [0, 30002, 0]));

        Assert.Empty(plan.Errors);
        Assert.Equal([30000, 30001, 30002], plan.Service.Spec.Ports.Select(port => port.NodePort!.Value).Order());
    }

    [Fact]
    public void Update_KeepsWhatIsHeld_AndReleasesWhatIsNoLongerWanted()
    {
        Service stored = Commit(Plan(Service("a", nodePorts: 30001)));
        Service wanted = stored with { Spec = stored.Spec with { Type = "ClusterIP", Ports = [stored.Spec.Ports[0] with { NodePort = null }] } };

        AllocationPlan plan = Plan(wanted, stored);

        Assert.Equal("node-port-30001", Assert.IsType<Write.Remove>(Assert.Single(plan.Writes)).Key.Name);
        Assert.Empty(Plan(stored, stored).Writes);
    }

    [Fact]
    public void Address_OfAServiceThatIsGone_ChangesHands_UnlessSomebodyElseIsFaster()
    {
        Service gone = Commit(Plan(Service("gone", clusterIP: "127.96.0.3")));
        taken.Services.Remove(gone.Uid);

        AllocationPlan plan = Plan(Service("next", clusterIP: "127.96.0.3"));

        Assert.Empty(plan.Errors);
        Assert.Equal("next-uid", Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object.Metadata.Controller!.Uid);
        Assert.IsType<Precondition.AtResourceVersion>(Assert.Single(plan.Preconditions));
    }

    [Theory]
    [InlineData("127.96.0.0/16", true)]
    [InlineData("127.96.0.0/8", false)]
    [InlineData("127.96.0.0/31", false)]
    [InlineData("127.96.0/16/1", false)]
    [InlineData("fd00::/16", false)]
    [InlineData("", false)]
    public void AddressRange_ReadsIPv4PrefixesOfAUsefulSize(string text, bool isRange) => Assert.Equal(isRange, AddressRange.TryParse(text, out _));

    [Fact]
    public void AddressRange_GivesOutNeitherItsFirstNorItsLastAddress()
    {
        Assert.Equal(["127.96.0.1", "127.96.0.2", "127.96.0.3", "127.96.0.4", "127.96.0.5", "127.96.0.6"], Enumerable.Range(0, Small.Addresses.Count).Select(Small.Addresses.At));
        Assert.Equal((false, true), (Small.Addresses.Contains("127.96.0.0"), Small.Addresses.Contains("127.96.0.1")));
        Assert.Equal((true, false), (Small.Addresses.Contains("127.96.0.6"), Small.Addresses.Contains("127.96.0.7")));
    }

    private AllocationPlan Plan(Service wanted, Service? stored = null)
    {
        taken.Services.Add(wanted.Uid);
        return ServiceAllocations.Plan(wanted, stored, Small, taken, new IdSource(7));
    }

    private Service Commit(AllocationPlan plan)
    {
        Assert.Empty(plan.Errors);
        foreach (Write.Create create in plan.Writes.OfType<Write.Create>())
        {
            taken.Allocations[create.Key.Name] = (ServiceAllocation)create.Object;
        }

        return plan.Service;
    }

    private static Service Service(string name, string? clusterIP = null, params int[] nodePorts) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name + "-uid" },
        Spec = new ServiceSpec
        {
            Type = nodePorts.Length > 0 ? "NodePort" : "ClusterIP",
            ClusterIP = clusterIP,
            ClusterIPs = clusterIP is null ? [] : [clusterIP],
            Ports = nodePorts.Length == 0
                ? [new ServicePort { Port = 80, Protocol = "TCP" }]
                : [.. nodePorts.Select((port, index) => new ServicePort { Name = $"p{index}", Port = 80 + index, Protocol = "TCP", NodePort = port == 0 ? null : port })],
        },
    };

    private sealed class TakenTable : ITakenAllocations
    {
        public Dictionary<string, ServiceAllocation> Allocations { get; } = [];

        public HashSet<string> Services { get; } = [];

        public ServiceAllocation? Find(string name) => Allocations.GetValueOrDefault(name);

        public bool IsService(string uid) => Services.Contains(uid);
    }
}
