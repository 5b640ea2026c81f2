using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using static ControlPlane.Agent.Tests.Deciding.Given;

namespace ControlPlane.Agent.Tests.Deciding;

public sealed class OtherStoresTests
{
    private static readonly DesiredState State = new() { StoreIdentity = "b", Revision = 1, ReplacedStores = ["replaced"] };

    [Fact]
    public void Of_CountsWhatRunsForStoresThatAreNotReplaced()
    {
        OtherStores others = OtherStores.Of(
            [Alive("1", store: "b"), Alive("2", store: "z"), Alive("3", store: "a"), Alive("4", store: "a"), Alive("5", store: "replaced"), Dead("6", store: "dead")],
            [],
            State);

        Assert.Equal(new OtherStores(3, 0, ["a", "z"]), others);
    }

    [Fact]
    public void Of_CountsVolumesThatAreKeptForSuchStores()
    {
        OtherStores others = OtherStores.Of([Alive("1", store: "z")], [new("a", 1), new("a", 7), new("b", 9), new("replaced", 1)], State);

        Assert.Equal(new OtherStores(1, 2, ["a", "z"]), others);
        Assert.StartsWith("1 running containers, and the volumes of 2 pods that are gone, were ordered", others.AsCondition("node-1", "b", Noon)!.Message, StringComparison.Ordinal);
        Assert.StartsWith("the volumes of 2 pods were ordered", (others with { Containers = 0 }).AsCondition("node-1", "b", Noon)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AsCondition_SaysHowManyAndWhatToDo()
    {
        Condition condition = new OtherStores(3, 0, ["a", "z"]).AsCondition("node-1", "b", Noon)!;

        Assert.Equal((StoreConfirmation.Condition, "True"), (condition.Type, condition.Status));
        Assert.StartsWith("3 running containers", condition.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl annotate node node-1 --overwrite controlplane.dev/confirmed-store=b:a,z,", condition.Message, StringComparison.Ordinal);
        Assert.Contains("""POST /api/v1/nodes/node-1/confirm-store with {"stores": ["a", "z"]}""", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AsCondition_OfNothing_IsNone() => Assert.Null(OtherStores.Of([Alive(store: "b")], [], State).AsCondition("node-1", "b", Noon));
}
