using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Commits;

/// <summary>States and units for tests of the commit rules.</summary>
internal static class CommitWorld
{
    public const long Revision = 7;
    public const long Epoch = 3;

    /// <summary>At revision 7: the pod <c>old</c> (uid u-old, version 5, desired 4), the namespaces <c>live</c> and <c>ending</c>, a session.</summary>
    public static readonly CommitState State = new()
    {
        Revision = Revision,
        LeaderEpoch = Epoch,
        Rows = ImmutableDictionary<RowKey, RowState>.Empty
            .Add(Row("old"), new RowState("u-old", ResourceVersion: 5, DesiredRevision: 4, IsDeleting: false))
            .Add(NamespaceRow("live"), new RowState("u-live", 1, 1, IsDeleting: false))
            .Add(NamespaceRow("ending"), new RowState("u-ending", 2, 2, IsDeleting: true)),
        Sessions = ImmutableDictionary<string, AgentSessionState>.Empty
            .Add("node", new AgentSessionState("s", Sequence: 10))
            .Add("ended", new AgentSessionState(SessionId: null, Sequence: 10)),
    };

    public static ObjectKey Key(string name) => new("live", name);

    public static RowKey Row(string name) => new("Pod", Key(name));

    public static RowKey NamespaceRow(string name) => new("Namespace", new ObjectKey("", name));

    public static Pod Pod(string name, string? uid = null) => new() { Metadata = new ObjectMeta { Name = name, Namespace = "live", Uid = uid ?? $"u-{name}" } };

    public static Write.Create Create(string name, string? uid = null) => new(Pod(name, uid));

    public static Write.Update Update(string name, ResourceParts parts = ResourceParts.All, string? uid = null) => new(Pod(name, uid), parts);

    public static Write.Remove Remove(string name, string? uid = null) => Write.Remove.Of(Pod(name, uid));

    public static CommitUnit Unit(params ReadOnlySpan<Write> writes) => new() { Actor = "test", Writes = [.. writes] };

    public static CommitUnit If(Precondition precondition, params ReadOnlySpan<Write> writes) => Unit(writes) with { Preconditions = [precondition] };

    public static CommitOutcome Evaluate(params CommitUnit[] units) => CommitRules.Evaluate(units, State);

    /// <summary>Why each unit was refused; null for one that commits.</summary>
    public static RefusalReason?[] Reasons(this CommitOutcome outcome) =>
        [.. outcome.Results.Select(result => (result as UnitResult.Refused)?.Reason)];
}
