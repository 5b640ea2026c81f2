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

    [Theory]
    [InlineData("127.96.0.0/12", true)]
    [InlineData("127.96.0.0/11", false)]
    [InlineData("127.96.0.0/30", true)]
    [InlineData("127.96.0.0/+16", false)]
    [InlineData(null, false)]
    public void AddressRange_HasAPrefixFrom12To30(string? text, bool isRange) => Assert.Equal(isRange, AddressRange.TryParse(text, out _));

    [Fact]
    public void AddressRange_BeginsAtItsPrefixWhateverAddressIsGiven()
    {
        AddressRange range = AddressRange.Parse("127.96.0.13/29");

        Assert.Equal(("127.96.0.8/29", 6, "127.96.0.9"), (range.ToString(), range.Count, range.At(0)));
        Assert.False(range.Contains("no address"));
        Assert.Equal(
            "\"10.0.0.0\" is no range of IPv4 addresses such as 127.96.0.0/16, with a prefix from 12 to 30",
            Assert.Throws<FormatException>(() => AddressRange.Parse("10.0.0.0")).Message);
    }

    [Theory]
    [InlineData("1-65535", 65535)]
    [InlineData("30000-30000", 1)]
    [InlineData("0-10", null)]
    [InlineData("1-65536", null)]
    [InlineData("11-10", null)]
    [InlineData("10", null)]
    [InlineData("1-2-3", null)]
    [InlineData("a-2", null)]
    [InlineData("1-b", null)]
    [InlineData(null, null)]
    public void PortRange_IsFromAPortToANotSmallerOne(string? text, int? count)
    {
        if (count is null)
        {
            Assert.Equal($"\"{text}\" is no range of ports such as 30000-32767", Assert.Throws<FormatException>(() => PortRange.Parse(text!)).Message);
            return;
        }

        PortRange range = PortRange.Parse(text!);
        Assert.Equal((count, text), (range.Count, range.ToString()));
        Assert.Equal((true, true, false, false), (range.Contains(range.First), range.Contains(range.Last), range.Contains(range.First - 1), range.Contains(range.Last + 1)));
    }

    [Fact]
    public void Default_IsALoopbackRangeAndKubernetesNodePorts() =>
        Assert.Equal(("127.96.0.0/16", "30000-32767"), (ServiceRanges.Default.Addresses.ToString(), ServiceRanges.Default.NodePorts.ToString()));

    /// <summary>Of 254 addresses the low 15 are left to those who choose by themselves, until no other is free; of 32 ports the low 2.</summary>
    [Fact]
    public void WhatIsChosen_IsOfTheLowSixteenthOnlyWhenTheRestIsTaken()
    {
        ServiceRanges ranges = new(AddressRange.Parse("127.96.0.0/24"), new PortRange(30000, 30031));
        List<string> addresses = [];
        List<int> ports = [];
        for (int i = 0; i < 254; i++)
        {
            Service wanted = i < 32 ? Service($"s{i}", null, 0) : Service($"s{i}");
            taken.Services.Add(wanted.Uid);
            Service made = Commit(ServiceAllocations.Plan(wanted, null, ranges, taken, new IdSource((ulong)i)));
            addresses.Add(made.Spec.ClusterIP!);
            ports.AddRange(made.Spec.Ports.Select(port => port.NodePort).OfType<int>());
        }

        Assert.Distinct(addresses);
        Assert.Equal(Enumerable.Range(1, 15).Select(low => $"127.96.0.{low}"), addresses.TakeLast(15));
        Assert.Equal([30000, 30001], ports.TakeLast(2));
        Assert.Equal(32, ports.Distinct().Count());
        Service late = Service("late", null, 0);
        FieldError[] errors = [.. ServiceAllocations.Plan(late, null, ranges, taken, new IdSource(1)).Errors];
        Assert.Equal(
            [
                ("spec.clusterIPs", "Invalid value: []: failed to allocate a serviceIP: range 127.96.0.0/24 is full"),
                ("spec.ports[0].nodePort", "Invalid value: 0: failed to allocate a nodePort: range 30000-30031 is full"),
            ],
            errors.Select(error => (error.Field, error.Message)));
    }

    [Fact]
    public void Allocation_IsTheServicesAndSaysWhose()
    {
        Service wanted = Service("a", clusterIP: "127.96.0.3") is var one ? one with { Metadata = one.Metadata with { CreationTimestamp = Make.Start } } : one;

        ServiceAllocation made = (ServiceAllocation)Assert.IsType<Write.Create>(Assert.Single(Plan(wanted).Writes)).Object;

        Assert.Equal(("ip-127.96.0.3", "default", "a", Make.Start), (made.Name, made.Spec.Namespace, made.Spec.Service, made.Metadata.CreationTimestamp));
        Assert.NotEmpty(made.Uid);
        Assert.Equal((ResourceKinds.ServiceAllocation.Kind, ResourceKinds.ServiceAllocation.ApiVersion), (made.Kind, made.ApiVersion));
    }

    [Fact]
    public void NamesOf_WhatAServiceTakes()
    {
        Service service = Service("a", "127.96.0.3", 30001, 0);

        Assert.Equal(["ip-127.96.0.3", "node-port-30001"], ServiceAllocations.NamesOf(service.Spec));
        Assert.Equal(["ip-127.96.0.3"], ServiceAllocations.NamesOf(service.Spec with { Type = "ClusterIP" }));
        Assert.Equal(["node-port-30001"], ServiceAllocations.NamesOf(service.Spec with { ClusterIP = "None" }));
        Assert.Empty(ServiceAllocations.NamesOf(null));
    }

    /// <summary>What a Service holds stays its own, though the range was made another meanwhile.</summary>
    [Fact]
    public void Update_OfWhatIsHeldOutsideTheRange_IsNotRefused()
    {
        Service stored = Commit(Plan(Service("a", "127.96.0.3", 30001)));

        AllocationPlan plan = ServiceAllocations.Plan(stored, stored, new ServiceRanges(AddressRange.Parse("127.97.0.0/29"), new PortRange(31000, 31002)), taken, new IdSource(7));

        Assert.Empty(plan.Errors);
        Assert.Empty(plan.Writes);
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
}
