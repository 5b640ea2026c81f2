using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>The order of revision records, how many are kept, and how much of a program's name.</summary>
public sealed class RecordLimitsTests
{
    private readonly TestWorld world = Releases.Served();

    [Theory]
    [InlineData(50, 0)]
    [InlineData(51, 1)]
    [InlineData(53, 3)]
    public void OfMoreThanFifty_TheOldestGo(int count, int gone)
    {
        DeploymentRevision[] records = [.. Enumerable.Range(1, count).Select(number => Record(number, generation: number))];
        world.Store(world.Deployment! with { Metadata = world.Deployment.Metadata with { Generation = count } });

        Plan plan = WorkloadPlanner.Plan(world.Snapshot() with { Revisions = records.Reverse().ToArray() });

        Assert.Equal(Enumerable.Range(1, gone).Select(NameOf), plan.Writes.OfType<Write.Remove>().Select(write => write.Key.Name));
    }

    /// <summary>Two declarations of one generation, as a restored backup may leave them: the later is the present one, and of one moment the one whose name comes last.</summary>
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(0, 1, 2)]
    [InlineData(0, 0, 2)]
    public void OfTwoRecordsOfOneGeneration_TheLaterIsThePresentOne(int firstAfter, int secondAfter, int present)
    {
        long generation = world.Deployment!.Metadata.Generation!.Value;
        DeploymentRevision first = Started(Record(1, generation, outcome: null), firstAfter);
        DeploymentRevision second = Started(Record(2, generation, outcome: null), secondAfter);

        foreach (DeploymentRevision[] order in new DeploymentRevision[][] { [first, second], [second, first] })
        {
            Plan plan = WorkloadPlanner.Plan(world.Snapshot() with { Revisions = order });

            Write.Update told = Assert.Single(plan.Writes.OfType<Write.Update>(), write => write.Object is DeploymentRevision);
            Assert.Equal(NameOf(present), told.Key.Name);
            Assert.Equal(NameOf(3 - present), Assert.Single(plan.Writes.OfType<Write.Remove>()).Key.Name);
        }
    }

    /// <summary>What is declared later than this pass has read is the next pass's.</summary>
    [Fact]
    public void ARecordOfALaterGeneration_IsNotThePresentOne()
    {
        long generation = world.Deployment!.Metadata.Generation!.Value;

        Plan plan = WorkloadPlanner.Plan(world.Snapshot() with { Revisions = [Record(1, generation, outcome: null), Record(2, generation + 1, outcome: null)] });

        Assert.Equal(NameOf(1), Assert.Single(plan.Writes).Key.Name);
    }

    [Theory]
    [InlineData(127, 127)]
    [InlineData(128, 128)]
    [InlineData(129, 128)]
    public void AProgramsName_IsKeptUpTo128Characters(int length, int kept)
    {
        DeploymentRevision record = RevisionRecords.Declared(null, Make.Deployment(), new Author("ann", new string('k', length) + " (linux/amd64)"), Make.Start, new IdSource(1))!;

        Assert.Equal(new string('k', kept), record.Spec.UserAgent);
    }

    /// <summary>A name has at most 253 characters; the generation and the suffix are always in it.</summary>
    [Theory]
    [InlineData(245)]
    [InlineData(246)]
    [InlineData(253)]
    public void ARecordsName_IsAtMostAsLongAsANameMayBe(int length)
    {
        Deployment deployment = Make.Deployment();
        deployment = deployment with { Metadata = deployment.Metadata with { Name = new string('d', length), Generation = 7 } };

        string name = RevisionRecords.Declared(null, deployment, new Author("ann", ""), Make.Start, new IdSource(1))!.Name;

        Assert.Equal($"{new string('d', Math.Min(length, 245))}-7-{new IdSource(1).NameSuffix()}", name);
    }

    private static string NameOf(int number) => $"record-{number:00}";

    private static DeploymentRevision Started(DeploymentRevision record, int secondsAfter) =>
        record with { Spec = record.Spec with { StartedAt = Make.Start.AddSeconds(secondsAfter) } };

    private static DeploymentRevision Record(int number, long generation, string? outcome = RevisionRecords.Complete) => new()
    {
        ApiVersion = ResourceKinds.DeploymentRevision.ApiVersion,
        Kind = ResourceKinds.DeploymentRevision.Kind,
        Metadata = new ObjectMeta { Name = NameOf(number), Namespace = TestWorld.Namespace, Uid = $"record-{number}-uid" },
        Spec = new DeploymentRevisionSpec { Generation = generation, StartedBy = "ann", StartedAt = Make.Start.AddSeconds(number), Change = "a change" },
        Status = outcome is null ? null : new DeploymentRevisionStatus { Outcome = outcome, Revision = number },
    };
}
