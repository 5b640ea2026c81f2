using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

public sealed class ActionMarkTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(2L)]
    [InlineData(null)]
    public void Find_TheSameDigest_SaysWhatItCameTo(long? revision)
    {
        Deployment marked = Marked(revision);

        Assert.Equal(new ActionOutcome.Done(marked, "rolled back to revision 2", revision), ActionMark.Find(marked, "a1", Noon.AddHours(23)));
    }

    [Fact]
    public void Find_AnotherDigestOrADayLaterOrNoMark_IsNull()
    {
        Deployment marked = Marked(2);

        Assert.Null(ActionMark.Find(marked, "a2", Noon));
        Assert.Null(ActionMark.Find(marked, "a1", Noon.AddHours(24)));
        Assert.Null(ActionMark.Find(Make.Deployment(replicas: 1), "a1", Noon));
    }

    [Fact]
    public void TheMark_IsNotCopiedToReplicaSets() => Assert.DoesNotContain(Revisions.ToCopy(Marked(2)), annotation => annotation.Key == ActionMark.Annotation);

    private static Deployment Marked(long? revision) =>
        ActionMark.On(new ActionOutcome.Done(Make.Deployment(replicas: 1), "rolled back to revision 2", revision), "a1", Noon).Deployment;
}
