using System.Globalization;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

/// <summary>A scheduler that serves many pods must decide as one that looks at every node for each of them.</summary>
public class RankingTests
{
    [Theory]
    [InlineData(1, 40, 1)]
    [InlineData(2, 40, 1)]
    [InlineData(3, 12, 1)]
    [InlineData(4, 3, 1)]
    [InlineData(5, 3, 1)]
    [InlineData(6, 1, 1)]
    [InlineData(7, 40, 3)]
    [InlineData(8, 12, 2)]
    [InlineData(9, 3, 3)]
    [InlineData(10, 3, 5)]
    [InlineData(11, 2, 3)]
    public void Place_ManyPodsOneAfterTheOther_DecidesAsAFreshSchedulerWould(int seed, int kinds, int zones)
    {
        Random random = new(seed);
        ClusterState cluster = SchedulerTests.Cluster([.. Enumerable.Range(0, 12).Select(i => ZoneSpreadTests.InZone(SchedulerTests.MakeNode($"n{i:00}", pods: random.Next(1, 12)), zones == 1 ? null : $"z{random.Next(zones)}"))]);
        Scheduler scheduler = new(cluster);
        int unplaced = 0;
        for (int i = 0; i < 120; i++)
        {
            // More kinds of pods than rankings are kept, or so few that each has a queue.
            int kind = random.Next(kinds);
            Pod pod = SchedulerTests.MakePod(
                $"p{i.ToString(CultureInfo.InvariantCulture)}",
                cpu: $"{100 * (1 + (kind % 7))}m",
                memory: kind % 3 == 0 ? "512Mi" : null,
                owner: kind % 5 == 0 ? null : $"rs{kind % 4}");

            Placement placement = scheduler.Place(pod);

            Placement fresh = Scheduler.Place(pod, cluster);
            Assert.Equal(fresh.Node, placement.Node);
            Assert.Equal(fresh.Node is null, placement.Why is not null);
            unplaced += placement.Node is null ? 1 : 0;
            scheduler.Enter(pod with { Spec = pod.Spec with { NodeName = placement.Node } });
        }

        Assert.InRange(unplaced, 1, 119);
    }

    [Fact]
    public void Place_NodeThatFillsUpForAnotherKindOfPod_IsNoLongerTaken()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("a"), SchedulerTests.MakeNode("b"));
        Scheduler scheduler = new(cluster);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("a", scheduler.Place(SchedulerTests.MakePod("small", cpu: "1")).Node);
        }

        Assert.Equal("a", scheduler.Place(SchedulerTests.MakePod("large", cpu: "4")).Node);
        Pod large = SchedulerTests.MakePod("large", cpu: "4");
        scheduler.Enter(large with { Spec = large.Spec with { NodeName = "a" } });

        Assert.Equal("b", scheduler.Place(SchedulerTests.MakePod("small", cpu: "1")).Node);
    }
}
