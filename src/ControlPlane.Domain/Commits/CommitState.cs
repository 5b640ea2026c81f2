using System.Collections.Immutable;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Commits;

/// <summary>Names a stored object of any kind.</summary>
/// <param name="Kind">The kind's name, such as <c>Pod</c>.</param>
public readonly record struct RowKey(string Kind, ObjectKey Key);

/// <summary>What the commit rules need to know of a stored object.</summary>
public sealed record RowState(string Uid, long ResourceVersion, long DesiredRevision, bool IsDeleting);

/// <summary>A node's agent session and the last report of it that was stored.</summary>
/// <param name="SessionId">Null when the session was ended.</param>
public sealed record AgentSessionState(string? SessionId, long Sequence);

/// <summary>The store as the commit rules see it, read under the revision lock. It holds what <see cref="CommitReads.Of"/> names.</summary>
public sealed record CommitState
{
    /// <summary>The store's last revision.</summary>
    public required long Revision { get; init; }

    public required long LeaderEpoch { get; init; }

    public IReadOnlyDictionary<RowKey, RowState> Rows { get; init; } = ImmutableDictionary<RowKey, RowState>.Empty;

    public ImmutableDictionary<string, AgentSessionState> Sessions { get; init; } = ImmutableDictionary<string, AgentSessionState>.Empty;
}

/// <summary>What must be read before units can be judged.</summary>
/// <param name="Rows">Objects, by name.</param>
/// <param name="Uids">Objects by uid (kind's name, uid): a new object's uid must not be taken.</param>
/// <param name="Nodes">Nodes whose agent sessions matter.</param>
public sealed record CommitReads(IReadOnlySet<RowKey> Rows, IReadOnlySet<(string Kind, string Uid)> Uids, IReadOnlySet<string> Nodes)
{
    public static CommitReads Of(IEnumerable<CommitUnit> units)
    {
        HashSet<RowKey> rows = [];
        HashSet<(string, string)> uids = [];
        HashSet<string> nodes = new(StringComparer.Ordinal);
        foreach (CommitUnit unit in units)
        {
            foreach (Precondition precondition in unit.Preconditions.AsSpan())
            {
                Add(precondition);
            }

            foreach (Write write in unit.Writes.AsSpan())
            {
                Add(write);
            }
        }

        return new CommitReads(rows, uids, nodes);

        void Add(object item) => _ = item switch
        {
            Precondition.DesiredUnchanged wanted => rows.Add(new RowKey(wanted.Kind.Kind, wanted.Key)),
            Precondition.AtResourceVersion wanted => rows.Add(new RowKey(wanted.Kind.Kind, wanted.Key)),
            Precondition.Exists wanted => rows.Add(new RowKey(wanted.Kind.Kind, wanted.Key)),
            Precondition.Absent wanted => rows.Add(new RowKey(wanted.Kind.Kind, wanted.Key)),
            Precondition.NamespaceActive wanted => rows.Add(CommitRules.NamespaceRow(wanted.Name)),
            Precondition.AgentSession wanted => nodes.Add(wanted.Node),
            Write.SetAgentSession session => nodes.Add(session.Node),
            Write.Create create => rows.Add(RowOf(create)) | uids.Add((create.Kind.Kind, create.Object.Uid)),
            Write write => rows.Add(RowOf(write)),
            _ => false,
        };
    }

    private static RowKey RowOf(Write write) => new(write.Kind.Kind, write.Key);
}

/// <summary>What the rules decided.</summary>
/// <param name="Results">In the units' order.</param>
/// <param name="Writes">The accepted writes of objects with their revisions, in revision order.</param>
/// <param name="Sessions">The agent sessions that change.</param>
/// <param name="Revision">The store's revision afterwards.</param>
public sealed record CommitOutcome(
    ImmutableArray<UnitResult> Results,
    ImmutableArray<AcceptedWrite> Writes,
    ImmutableDictionary<string, AgentSessionState> Sessions,
    long Revision)
{
    /// <summary>Whether there is nothing to store.</summary>
    public bool IsEmpty => Writes.IsEmpty && Sessions.IsEmpty;
}

/// <summary>A write that is stored, with its revision.</summary>
/// <param name="Unit">The index of its unit.</param>
/// <param name="Index">The index of the write in its unit.</param>
public sealed record AcceptedWrite(int Unit, int Index, Write Write, long Revision);
