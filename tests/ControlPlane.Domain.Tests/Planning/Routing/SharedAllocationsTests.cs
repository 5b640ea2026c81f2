using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Routing;

/// <summary>An allocation with several owners, as a person or a restored backup may leave one: it is whose any of them is, and free when none is there.</summary>
public sealed class SharedAllocationsTests
{
    private const string Address = "127.96.0.3";

    private static readonly ServiceRanges Ranges = new(AddressRange.Parse("127.96.0.0/29"), new PortRange(30000, 30002));

    [Theory]
    [InlineData("gone", "web")]
    [InlineData("web", "gone")]
    public void OneOfTwoOwners_HoldsIt_AndReleasesIt(string first, string second)
    {
        TakenTable taken = Taken(first, second);

        Assert.Empty(Plan(Web(Address), null, taken).Writes);
        Assert.Equal($"ip-{Address}", Assert.IsType<Write.Remove>(Assert.Single(Plan(Web("None"), Web(Address), taken).Writes)).Key.Name);
    }

    [Theory]
    [InlineData("gone", "there")]
    [InlineData("there", "gone")]
    public void OneOfTwoOwnersThatIsThere_KeepsItFromOthers(string first, string second)
    {
        TakenTable taken = Taken(first, second);
        taken.Services.Add("there-uid");

        AllocationPlan plan = Plan(Web(Address), null, taken);

        Assert.Contains("provided IP is already allocated", Assert.Single(plan.Errors).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Writes);
    }

    [Fact]
    public void NoOwnerThatIsThere_LeavesItToWhoAsks()
    {
        AllocationPlan plan = Plan(Web(Address), null, Taken("gone", "lost"));

        Assert.Empty(plan.Errors);
        Assert.Equal(["web-uid"], Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object.Metadata.OwnerReferences.Select(owner => owner.Uid));
    }

    private static AllocationPlan Plan(Service wanted, Service? stored, TakenTable taken) => ServiceAllocations.Plan(wanted, stored, Ranges, taken, new IdSource(7));

    private static TakenTable Taken(params string[] owners)
    {
        TakenTable taken = new();
        taken.Services.Add("web-uid");
        taken.Allocations.Add($"ip-{Address}", new ServiceAllocation
        {
            Metadata = new ObjectMeta { Name = $"ip-{Address}", Uid = "allocation-uid", ResourceVersion = "7", OwnerReferences = [.. owners.Select(name => new OwnerReference { Kind = "Service", Name = name, Uid = name + "-uid" })] },
        });
        return taken;
    }

    private static Service Web(string address) => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = TestWorld.Namespace, Uid = "web-uid" },
        Spec = new ServiceSpec { Type = "ClusterIP", ClusterIP = address, ClusterIPs = [address], Ports = [new ServicePort { Port = 80, Protocol = "TCP" }] },
    };
}
