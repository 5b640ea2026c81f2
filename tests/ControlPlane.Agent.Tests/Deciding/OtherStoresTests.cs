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
            State);

        Assert.Equal(new OtherStores(3, ["a", "z"]), others);
    }

    [Fact]
    public void AsCondition_SaysHowManyAndWhatToDo()
    {
        Condition condition = new OtherStores(3, ["a", "z"]).AsCondition("node-1", "b", Noon)!;

        Assert.Equal((StoreConfirmation.Condition, "True"), (condition.Type, condition.Status));
        Assert.StartsWith("3 running containers", condition.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl annotate node node-1 --overwrite controlplane.dev/confirmed-store=b:a,z,", condition.Message, StringComparison.Ordinal);
        Assert.Contains("""POST /api/v1/nodes/node-1/confirm-store with {"stores": ["a", "z"]}""", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AsCondition_OfNothing_IsNone() => Assert.Null(OtherStores.Of([Alive(store: "b")], State).AsCondition("node-1", "b", Noon));
}
