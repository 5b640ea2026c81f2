using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Garbage;

public class EndedPodsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Plan_MoreThanTheThreshold_EndsTheOldest() =>
        Assert.Equal(["p1", "p2"], Ended([Pod(3), Pod(1), Pod(4), Pod(2)], threshold: 2));

    [Fact]
    public void Plan_AsManyAsTheThreshold_EndsNone() =>
        Assert.Empty(Ended([Pod(1), Pod(2)], threshold: 2));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Plan_NoThreshold_EndsNone(int threshold) =>
        Assert.Empty(Ended([Pod(1), Pod(2)], threshold));

    [Fact]
    public void Plan_PodsThatRunOrAreEndingAlready_AreNotCounted()
    {
        Pod ending = Pod(1) with { Metadata = Pod(1).Metadata with { DeletionTimestamp = Noon } };

        Assert.Equal(["p4"], Ended([ending, Pod(2, "Running"), Pod(3, "Pending"), Pod(4), Pod(5)], threshold: 1));
    }

    [Fact]
    public void Plan_MoreThanTenOfOneController_EndsItsOldestWhateverTheThreshold()
    {
        IEnumerable<Pod> one = Enumerable.Range(1, 12).Select(age => Pod(age, "Failed", "one"));
        IEnumerable<Pod> another = Enumerable.Range(13, 10).Select(age => Pod(age, "Failed", "another"));
        IEnumerable<Pod> nobodys = Enumerable.Range(23, 15).Select(age => Pod(age));

        Assert.Equal(["p1", "p2"], Ended([.. one, .. another, .. nobodys], threshold: 0));
    }

    [Fact]
    public void Plan_BothRules_CountWhatIsLeft()
    {
        IEnumerable<Pod> one = Enumerable.Range(17, 14).Select(age => Pod(age, "Failed", "one"));

        Assert.Equal(["p1", "p17", "p18", "p19", "p20"], Ended([.. Enumerable.Range(1, 16).Select(age => Pod(age)), .. one], threshold: 25));
    }

    [Fact]
    public void Plan_AtMostAThousandInAPass() =>
        Assert.Equal(EndedPods.BatchMax, Ended([.. Enumerable.Range(1, 1_500).Select(age => Pod(age))], threshold: 1).Length);

    [Fact]
    public void Plan_TheOldestGoFirstAndOfEquallyOldOnesByName()
    {
        Pod twin = Pod(2) with { Metadata = Pod(2).Metadata with { Name = "a-twin", Uid = "uid-twin" } };

        IReadOnlyList<Plan> plans = EndedPods.Plan([Pod(3), Pod(2), twin, Pod(1), Pod(4)], threshold: 1, Noon);

        Assert.Equal(["p1", "a-twin", "p2", "p3"], plans.Select(plan => Assert.Single(plan.Writes).Key.Name));
    }

    [Fact]
    public void Plan_APodOnANode_IsMarkedSoThatItsContainersGoWithIt()
    {
        Pod bound = Pod(1) with { Spec = new PodSpec { NodeName = "n" } };

        Plan plan = EndedPods.Plan([bound, Pod(2)], threshold: 1, Noon).Single();

        Assert.True(((Pod)Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object).Metadata.IsDeleting);
    }

    private static string[] Ended(IEnumerable<Pod> pods, int threshold) =>
        [.. EndedPods.Plan(pods, threshold, Noon).Select(plan => Assert.IsType<Write.Remove>(Assert.Single(plan.Writes)).Key.Name).Order(StringComparer.Ordinal)];

    /// <summary>The higher its number, the later it was made.</summary>
    private static Pod Pod(int number, string phase = "Succeeded", string? controller = null) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = $"p{number}",
            Namespace = "default",
            Uid = $"uid-{number}",
            CreationTimestamp = Noon.AddDays(-1).AddSeconds(number),
            OwnerReferences = controller is null ? [] : [new OwnerReference { Kind = "ReplicaSet", Name = controller, Uid = controller, Controller = true }],
        },
        Status = new PodStatus { Phase = phase },
    };
}
