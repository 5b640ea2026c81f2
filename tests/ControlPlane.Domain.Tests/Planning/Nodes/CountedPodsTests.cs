using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Nodes;

public sealed class CountedPodsTests
{
    private static readonly Pod Ready = Make.Ready(Make.Pod(Make.ReplicaSet(), "web-1"), Make.Start);

    [Fact]
    public void Of_APodWhoseNodeWasDeleted_IsNotReadyFromNowOn()
    {
        Pod counted = CountedPods.Of(Ready, _ => false, Make.Start.AddMinutes(1));

        Condition ready = Assert.Single(counted.Status!.Conditions);
        Assert.Equal(
            ("Ready", "False", "NodeDeleted", "node node-1 has been deleted", Make.Start.AddMinutes(1)), (ready.Type, ready.Status, ready.Reason, ready.Message, ready.LastTransitionTime));
    }

    [Fact]
    public void Of_AnyOtherPod_IsAsItIsStored()
    {
        Pod notReady = Make.NotReady(Ready, Make.Start);
        Pod unbound = Ready with { Spec = Ready.Spec with { NodeName = null } };
        Pod unnamed = Ready with { Spec = Ready.Spec with { NodeName = "" } };
        Pod untold = Ready with { Status = null };

        Assert.Same(Ready, CountedPods.Of(Ready, name => name == "node-1", Make.Start));
        Assert.All(new[] { notReady, unbound, unnamed, untold }, pod => Assert.Same(pod, CountedPods.Of(pod, _ => false, Make.Start)));
    }
}
