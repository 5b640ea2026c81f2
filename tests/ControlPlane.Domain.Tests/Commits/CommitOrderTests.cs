using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using static ControlPlane.Domain.Tests.Commits.CommitWorld;

namespace ControlPlane.Domain.Tests.Commits;

/// <summary>Units of one group see those before them, and revisions follow the order.</summary>
public class CommitOrderTests
{
    [Fact]
    public void Revisions_AreAssignedOnePerWriteInOrder_AndRefusedUnitsTakeNone()
    {
        CommitOutcome outcome = Evaluate(Unit(Create("a"), Create("b")), Unit(Create("old", "u-new")), Unit(Create("c")));

        Assert.Equal([(0, 0, 8L), (0, 1, 9L), (2, 0, 10L)], outcome.Writes.Select(write => (write.Unit, write.Index, write.Revision)));
        Assert.Equal(new UnitResult.Committed(9), outcome.Results[0]);
        Assert.Equal(new UnitResult.Committed(10), outcome.Results[2]);
        Assert.Equal(10, outcome.Revision);
    }

    [Fact]
    public void UnitWithoutWrites_IsCommittedAtTheRevisionReached()
    {
        CommitOutcome outcome = Evaluate(Unit(Create("a")), If(new Precondition.LeaderEpoch(Epoch)));

        Assert.Equal(new UnitResult.Committed(8), outcome.Results[1]);
        Assert.Single(outcome.Writes);
    }

    [Fact]
    public void TwoUnitsThatReadTheSame_OnlyTheFirstIsStored()
    {
        Precondition asRead = new Precondition.DesiredUnchanged(ResourceKinds.Pod, Key("old"), "u-old", 4);

        Assert.Equal([null, RefusalReason.Conflict], Evaluate(If(asRead, Update("old")), If(asRead, Update("old"))).Reasons());
    }

    [Fact]
    public void StatusUpdate_MovesTheResourceVersion_AndLeavesDesiredAsItWasRead()
    {
        CommitOutcome outcome = Evaluate(
            Unit(Update("old", ResourceParts.Status)),
            If(new Precondition.AtResourceVersion(ResourceKinds.Pod, Key("old"), 5), Update("old")),
            If(new Precondition.AtResourceVersion(ResourceKinds.Pod, Key("old"), 8), Create("seen-8")),
            If(new Precondition.DesiredUnchanged(ResourceKinds.Pod, Key("old"), "u-old", 4), Update("old", ResourceParts.Desired)));

        Assert.Equal([null, RefusalReason.Conflict, null, null], outcome.Reasons());
    }

    [Fact]
    public void DesiredUpdate_IsSeenByUnitsThatReadWhatWasBefore()
    {
        CommitOutcome outcome = Evaluate(
            Unit(Update("old", ResourceParts.Desired)),
            If(new Precondition.DesiredUnchanged(ResourceKinds.Pod, Key("old"), "u-old", 4), Create("from-4")),
            If(new Precondition.DesiredUnchanged(ResourceKinds.Pod, Key("old"), "u-old", 8), Create("from-8")));

        Assert.Equal([null, RefusalReason.Conflict, null], outcome.Reasons());
    }

    [Fact]
    public void CreatedName_IsTakenForTheUnitsAfter_AndFreeAgainOnceRemoved()
    {
        CommitOutcome outcome = Evaluate(
            Unit(Create("new")), Unit(Create("new", "u-other")), Unit(Create("other", "u-new")), Unit(Remove("new")), Unit(Create("other", "u-new")));

        Assert.Equal([null, RefusalReason.AlreadyExists, RefusalReason.AlreadyExists, null, null], outcome.Reasons());
    }

    [Fact]
    public void RemovedObject_IsGoneForTheUnitsAfter_AndItsNameMayLiveAgain()
    {
        CommitOutcome outcome = Evaluate(
            Unit(Remove("old")), Unit(Update("old")), Unit(Create("old", "u-new")), Unit(Update("old")), Unit(Update("old", uid: "u-new")));

        Assert.Equal([null, RefusalReason.NotFound, null, RefusalReason.UidMismatch, null], outcome.Reasons());
    }

    [Fact]
    public void NamespaceThatAnEarlierUnitCreatesOrMarks_IsSoForTheUnitsAfter()
    {
        Namespace added = new() { Metadata = new ObjectMeta { Name = "added", Uid = "u-added" } };
        Namespace marked = added with { Metadata = added.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } };
        CommitUnit inside = If(new Precondition.NamespaceActive("added"), Create("a"));

        CommitOutcome outcome = Evaluate(
            inside,
            Unit(new Write.Create(added)),
            inside,
            Unit(new Write.Update(marked, ResourceParts.Status)),
            If(new Precondition.NamespaceActive("added"), Create("b")),
            Unit(new Write.Update(marked, ResourceParts.Desired)),
            If(new Precondition.NamespaceActive("added"), Create("c")));

        // Marking is desired state: an update of the status alone does not carry it.
        Assert.Equal([RefusalReason.NamespaceNotFound, null, null, null, null, null, RefusalReason.NamespaceTerminating], outcome.Reasons());
    }

    [Fact]
    public void Reports_OfOneGroup_AreStoredOnceAndInOrder()
    {
        CommitOutcome outcome = Evaluate(Report("s", 11), Report("s", 11), Report("s", 12));

        Assert.Equal([null, RefusalReason.StaleSession, null], outcome.Reasons());
        Assert.Equal(new AgentSessionState("s", 12), outcome.Sessions["node"]);
        Assert.False(outcome.IsEmpty);
    }

    [Fact]
    public void NewSession_CountsFromTheStart_AndEndsTheOneBefore()
    {
        CommitOutcome outcome = Evaluate(Unit(new Write.SetAgentSession("node", "t")), Report("s", 11), Report("t", 1), Report("t", 1));

        Assert.Equal([null, RefusalReason.StaleSession, null, RefusalReason.StaleSession], outcome.Reasons());
        Assert.Equal(new AgentSessionState("t", 1), outcome.Sessions["node"]);
        Assert.Equal(Revision, outcome.Revision);
    }

    [Fact]
    public void EndedSession_TakesNoMoreReports() =>
        Assert.Equal([null, RefusalReason.StaleSession], Evaluate(Unit(new Write.SetAgentSession("node", null)), Report("s", 11)).Reasons());

    [Fact]
    public void Reads_NameEveryRowUidAndNodeThatTheRulesLookAt()
    {
        CommitReads reads = CommitReads.Of(
        [
            If(new Precondition.NamespaceActive("live"), Create("new")),
            If(new Precondition.Exists(ResourceKinds.Pod, Key("read"), "u-read"), Update("written"), Remove("removed")),
            If(new Precondition.Absent(ResourceKinds.Pod, Key("absent"))),
            If(new Precondition.AgentSession("node", "s", 1), new Write.SetAgentSession("other", "t")),
        ]);

        Assert.Equal([Row("absent"), NamespaceRow("live"), Row("new"), Row("read"), Row("removed"), Row("written")], reads.Rows.OrderBy(row => row.Key.Name, StringComparer.Ordinal));
        Assert.Equal([("Pod", "u-new")], reads.Uids);
        Assert.Equal(["node", "other"], reads.Nodes.Order());
    }

    private static CommitUnit Report(string session, long sequence) => If(new Precondition.AgentSession("node", session, sequence));
}
