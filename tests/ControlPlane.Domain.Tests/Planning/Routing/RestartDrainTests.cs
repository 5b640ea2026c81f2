using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Routing;

/// <summary>A node wants to restart a container of a pod that a slice lists, not ready, since revision 50.</summary>
public sealed class RestartDrainTests
{
    private static readonly Guid Uid = new("11111111-1111-1111-1111-111111111111");
    private static readonly DateTimeOffset Since = Make.Start;

    private static readonly Pod Pod = Asking(Make.Ready(Make.Pod(Make.ReplicaSet(), "a"), Make.Start) is var pod ? pod with { Metadata = pod.Metadata with { Uid = Uid.ToString() } } : null!);

    /// <summary>At which second what a gateway says, and whether the node is answered.</summary>
    [Theory]
    [InlineData(1, 50, 0, true)]
    [InlineData(1, 49, 0, false)]
    [InlineData(1, 50, 2, false)]
    [InlineData(9, 50, 2, false)]
    [InlineData(10, 50, 2, true)]
    [InlineData(10, 49, 0, true)]
    public void Plan_AnswersWhenNothingIsInFlight_OrTheTimeIsOver(int second, long acknowledged, int inFlight, bool isAnswered)
    {
        Plan plan = Assert.Single(Draining.Plan(Snapshot(second, acknowledged, inFlight)));

        Assert.Equal(isAnswered, !plan.Writes.IsEmpty);
        Assert.Equal(isAnswered ? null : Draining.RecheckDelay, plan.RecheckAfter);
        if (isAnswered)
        {
            Pod answered = (Pod)((Write.Update)plan.Writes[0]).Object;
            Assert.True(RestartDrain.IsAnswered(answered, Since));
            Assert.False(RestartDrain.IsAsked(answered));
            Assert.Equal(Pod.Spec, answered.Spec);
        }
    }

    [Fact]
    public void Plan_WhileASliceListsThePodAsReady_Waits()
    {
        DrainSnapshot snapshot = Snapshot(1, acknowledged: 99, inFlight: 0);
        EndpointSlice slice = snapshot.SlicesOf("").Single();
        EndpointSlice ready = slice with { Endpoints = [slice.Endpoints[0] with { Conditions = new EndpointConditions { Ready = true } }] };

        Assert.Empty(Assert.Single(Draining.Plan(snapshot with { SlicesOf = _ => [ready] })).Writes);
    }

    [Fact]
    public void Plan_OfAPodOfNoService_AnswersAtOnce() =>
        Assert.NotEmpty(Assert.Single(Draining.Plan(Snapshot(0, acknowledged: 0, inFlight: 0) with { SlicesOf = _ => [] })).Writes);

    [Fact]
    public void Plan_WithoutGateways_AnswersAtOnce() =>
        Assert.NotEmpty(Assert.Single(Draining.Plan(Snapshot(0, acknowledged: 0, inFlight: 0) with { Gateways = [] })).Writes);

    /// <summary>A later restart has a later time: the answer to the one before is none.</summary>
    [Fact]
    public void AnAnswer_IsForOneRestart()
    {
        Pod answered = (Pod)((Write.Update)Assert.Single(Draining.Plan(Snapshot(1, 50, 0))).Writes[0]).Object;

        Assert.False(RestartDrain.IsAnswered(answered, Since.AddSeconds(60)));
        Assert.True(RestartDrain.IsAsked(Asking(answered, Since.AddSeconds(60))));
        Assert.Empty(Draining.Plan(Snapshot(1, 50, 0) with { Restarting = [answered] }));
    }

    [Fact]
    public void APodThatIsDeleted_OrAsksForNothing_IsNotAnswered()
    {
        Assert.False(RestartDrain.IsAsked(Pod with { Metadata = Pod.Metadata with { DeletionTimestamp = Since } }));
        Assert.False(RestartDrain.IsAsked(Pod with { Status = Pod.Status! with { Conditions = [new Condition { Type = RestartDrain.ConditionType, Status = "False", LastTransitionTime = Since }] } }));
        Assert.False(RestartDrain.IsAsked(Pod with { Status = null }));
    }

    /// <summary>Nothing new goes to a pod whose container is about to end, even where requests may go to pods that are not ready.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnEndpoint_OfAPodThatWantsToRestart_IsNotReady(bool publishesNotReady)
    {
        Service service = new() { Metadata = new ObjectMeta { Name = "web", Namespace = TestWorld.Namespace }, Spec = new ServiceSpec { PublishNotReadyAddresses = publishesNotReady } };
        Pod there = Pod with { Status = Pod.Status! with { HostIP = "127.0.0.1", PodIP = "127.0.0.1" } };

        Assert.False(PodEndpoint.Of(there, service)!.Conditions.Ready);
        Assert.True(PodEndpoint.Of(there with { Status = there.Status with { Conditions = [.. there.Status.Conditions.SkipLast(1)] } }, service)!.Conditions.Ready);
    }

    private static Pod Asking(Pod pod, DateTimeOffset? since = null) => pod with
    {
        Status = pod.Status! with
        {
            Conditions =
            [
                .. pod.Status.Conditions.Where(condition => condition.Type != RestartDrain.ConditionType),
                new Condition { Type = RestartDrain.ConditionType, Status = "True", LastTransitionTime = since ?? Since },
            ],
        },
    };

    private static DrainSnapshot Snapshot(int second, long acknowledged, int inFlight) => new()
    {
        Terminating = [],
        Restarting = [Pod],
        SlicesOf = _ =>
        [
            new EndpointSlice
            {
                Metadata = new ObjectMeta { Name = "web-1", Namespace = TestWorld.Namespace, ResourceVersion = "50" },
                Endpoints = [new Endpoint { Conditions = new EndpointConditions { Ready = false }, TargetRef = new ObjectReference { Uid = Uid.ToString() } }],
            },
        ],
        SlicesOfService = _ => [],
        Gateways =
        [
            new GatewayState
            {
                Node = "node-1",
                Instance = "g",
                Store = "store",
                Acknowledged = acknowledged,
                Age = TimeSpan.FromSeconds(1),
                Draining = inFlight > 0 ? [new DrainingEndpoint(Uid, inFlight)] : [],
            },
        ],
        HeardFor = TimeSpan.FromSeconds(60 + second),
        Store = "store",
        Now = Since.AddSeconds(second),
    };
}
