using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Tests.Queue;

public class PacingTests
{
    private static readonly WorkKey Key = WorkKey.Deployment(new ObjectKey("default", "a"));

    private readonly Pacing pacing = new();

    [Theory]
    [InlineData(3, 3, 60)]
    [InlineData(3, 5, 60)]
    [InlineData(5, 3, 60)]
    [InlineData(50, 50, 200)]
    [InlineData(0.05, 0.05, 0)]
    [InlineData(0, 3, 0)]
    public void DelayOf_TheLesserOfTheLastTwoPlanningsTwentyTimes_UpToAMost(double beforeMs, double lastMs, double delayMs)
    {
        pacing.Planned(Key, TimeSpan.FromMilliseconds(beforeMs));
        pacing.Planned(Key, TimeSpan.FromMilliseconds(lastMs));

        Assert.Equal(TimeSpan.FromMilliseconds(delayMs), pacing.DelayOf(Key));
    }

    [Fact]
    public void DelayOf_AKeyThatWasPlannedOnceOrNever_IsNone()
    {
        pacing.Planned(Key, TimeSpan.FromMilliseconds(3));

        Assert.Equal(TimeSpan.Zero, pacing.DelayOf(Key));
        Assert.Equal(TimeSpan.Zero, pacing.DelayOf(WorkKey.Drain));
    }

    [Fact]
    public void DelayOf_AWorkloadThatHasShrunk_IsNoneAgain()
    {
        pacing.Planned(Key, TimeSpan.FromMilliseconds(3));
        pacing.Planned(Key, TimeSpan.FromMilliseconds(3));
        pacing.Planned(Key, TimeSpan.FromMilliseconds(0.05));

        Assert.Equal(TimeSpan.Zero, pacing.DelayOf(Key));
    }
}
