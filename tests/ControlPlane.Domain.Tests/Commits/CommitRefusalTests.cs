using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using static ControlPlane.Domain.Tests.Commits.CommitWorld;

namespace ControlPlane.Domain.Tests.Commits;

/// <summary>Each precondition and each refusal, alone.</summary>
public class CommitRefusalTests
{
    private static readonly ResourceKind PodKind = ResourceKinds.Pod;

    public static TheoryData<string, object, RefusalReason?> Preconditions => new()
    {
        { "desired is as it was read", new Precondition.DesiredUnchanged(PodKind, Key("old"), "u-old", 4), null },
        { "desired has changed", new Precondition.DesiredUnchanged(PodKind, Key("old"), "u-old", 3), RefusalReason.Conflict },
        { "desired of another life", new Precondition.DesiredUnchanged(PodKind, Key("old"), "u-older", 4), RefusalReason.UidMismatch },
        { "desired of what is gone", new Precondition.DesiredUnchanged(PodKind, Key("gone"), "u-gone", 4), RefusalReason.NotFound },
        { "the client's version", new Precondition.AtResourceVersion(PodKind, Key("old"), 5), null },
        { "another version than the client's", new Precondition.AtResourceVersion(PodKind, Key("old"), 4), RefusalReason.Conflict },
        { "a version of what is gone", new Precondition.AtResourceVersion(PodKind, Key("gone"), 5), RefusalReason.NotFound },
        { "it exists", new Precondition.Exists(PodKind, Key("old"), "u-old"), null },
        { "it exists in another life", new Precondition.Exists(PodKind, Key("old"), "u-older"), RefusalReason.UidMismatch },
        { "it exists no longer", new Precondition.Exists(PodKind, Key("gone"), "u-gone"), RefusalReason.NotFound },
        { "it is absent", new Precondition.Absent(PodKind, Key("gone")), null },
        { "it is there again", new Precondition.Absent(PodKind, Key("old")), RefusalReason.AlreadyExists },
        { "the namespace is active", new Precondition.NamespaceActive("live"), null },
        { "the namespace is being deleted", new Precondition.NamespaceActive("ending"), RefusalReason.NamespaceTerminating },
        { "the namespace is not there", new Precondition.NamespaceActive("never"), RefusalReason.NamespaceNotFound },
        { "the term goes on", new Precondition.LeaderEpoch(Epoch), null },
        { "a newer term has begun", new Precondition.LeaderEpoch(Epoch - 1), RefusalReason.StaleEpoch },
        { "a term that has not begun", new Precondition.LeaderEpoch(Epoch + 1), RefusalReason.StaleEpoch },
        { "the session's next report", new Precondition.AgentSession("node", "s", 11), null },
        { "a later report of the session", new Precondition.AgentSession("node", "s", 15), null },
        { "a report that is stored already", new Precondition.AgentSession("node", "s", 10), RefusalReason.StaleSession },
        { "a report before the stored one", new Precondition.AgentSession("node", "s", 9), RefusalReason.StaleSession },
        { "another session's report", new Precondition.AgentSession("node", "r", 11), RefusalReason.StaleSession },
        { "a report after the session ended", new Precondition.AgentSession("ended", "s", 11), RefusalReason.StaleSession },
        { "a report of a node without session", new Precondition.AgentSession("never", "s", 1), RefusalReason.StaleSession },
    };

    [Theory]
    [MemberData(nameof(Preconditions))]
    public void Precondition_DecidesWhetherTheUnitIsStored(string name, object precondition, RefusalReason? reason)
    {
        CommitOutcome outcome = Evaluate(If((Precondition)precondition, Create("new")));

        Assert.True(reason == outcome.Reasons()[0], $"{name}: {outcome.Results[0]}");
        Assert.Equal(reason is null ? 1 : 0, outcome.Writes.Length);
    }

    public static TheoryData<string, Write, RefusalReason?> Writes => new()
    {
        { "a new name", Create("new"), null },
        { "a name that is taken", Create("old", "u-new"), RefusalReason.AlreadyExists },
        { "a uid that lives under another name", Create("new", "u-old"), RefusalReason.AlreadyExists },
        { "an update", Update("old"), null },
        { "an update of another life", Update("old", uid: "u-older"), RefusalReason.UidMismatch },
        { "an update of what is gone", Update("gone"), RefusalReason.NotFound },
        { "a removal", Remove("old"), null },
        { "a removal of another life", Remove("old", "u-older"), RefusalReason.UidMismatch },
        { "a removal of what is gone", Remove("gone"), RefusalReason.NotFound },
        { "a session", new Write.SetAgentSession("node", "t"), null },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public void Write_IsRefusedWhereItsRowIsNotAsExpected(string name, Write write, RefusalReason? reason)
    {
        CommitOutcome outcome = Evaluate(Unit(write));

        Assert.True(reason == outcome.Reasons()[0], $"{name}: {outcome.Results[0]}");
    }

    [Fact]
    public void Refusal_NamesTheObject()
    {
        CommitOutcome outcome = Evaluate(Unit(Update("gone")), If(new Precondition.NamespaceActive("ending"), Create("new")));

        Assert.Equal(new UnitResult.Refused(RefusalReason.NotFound, "Pod", Key("gone")), outcome.Results[0]);
        Assert.Equal(new UnitResult.Refused(RefusalReason.NamespaceTerminating, "Namespace", new ObjectKey("", "ending")), outcome.Results[1]);
    }

    [Fact]
    public void ObjectWrittenTwiceByAUnit_CannotBeStored()
    {
        CommitOutcome outcome = Evaluate(
            Unit(Create("new"), Update("old"), Update("old", ResourceParts.Status)),
            Unit(new Write.SetAgentSession("old", "t"), Update("old")));

        UnitResult.Refused refused = Assert.IsType<UnitResult.Refused>(outcome.Results[0]);
        Assert.Equal((RefusalReason.Unstorable, "Pod", Key("old")), (refused.Reason, refused.Kind, refused.Key));
        Assert.Equal([RefusalReason.Unstorable, null], outcome.Reasons());
    }

    [Fact]
    public void UidTakenByAnotherKind_IsFree() =>
        Assert.Null(Evaluate(Unit(Create("new", "u-live"))).Reasons()[0]);

    [Fact]
    public void UnitWithOneBadWrite_LeavesNoTrace()
    {
        CommitOutcome outcome = Evaluate(Unit(Create("beside"), new Write.SetAgentSession("node", "t"), Update("gone")));

        Assert.True(outcome.IsEmpty);
        Assert.Equal(Revision, outcome.Revision);
    }

    [Fact]
    public void ReportThatIsRefused_DoesNotMoveItsSession()
    {
        CommitOutcome outcome = Evaluate(
            If(new Precondition.AgentSession("node", "s", 12), Update("gone", ResourceParts.Status)),
            If(new Precondition.AgentSession("node", "s", 11), Update("old", ResourceParts.Status)));

        Assert.Equal([RefusalReason.NotFound, null], outcome.Reasons());
        Assert.Equal(new AgentSessionState("s", 11), outcome.Sessions["node"]);
    }
}
