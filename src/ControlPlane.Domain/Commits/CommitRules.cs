using System.Collections.Immutable;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Commits;

/// <summary>
/// The rules of the one door for writes, as a function of the units and of the store as it stands under the revision lock:
/// which units are stored, and with which revisions. The database and the simulated store both follow it.
/// </summary>
public static class CommitRules
{
    /// <summary>
    /// Judges units in order. A unit sees the effects of those accepted before it; a refused one leaves no trace. Each accepted
    /// write takes the next revision: units with 2 and 1 writes at revision 7 get 8, 9 and 10, and commit at 9 and 10.
    /// </summary>
    public static CommitOutcome Evaluate(IReadOnlyList<CommitUnit> units, CommitState state)
    {
        Ledger ledger = new(state);
        ImmutableArray<UnitResult>.Builder results = ImmutableArray.CreateBuilder<UnitResult>(units.Count);
        for (int index = 0; index < units.Count; index++)
        {
            UnitResult? refusal = FindRefusal(units[index], ledger);
            if (refusal is null)
            {
                ledger.Apply(index, units[index]);
            }

            results.Add(refusal ?? new UnitResult.Committed(ledger.Revision));
        }

        return new CommitOutcome(results.MoveToImmutable(), ledger.Writes.ToImmutable(), ledger.ChangedSessions.ToImmutable(), ledger.Revision);
    }

    internal static RowKey NamespaceRow(string name) => new(ResourceKinds.Namespace.Kind, new ObjectKey("", name));

    private static UnitResult.Refused? FindRefusal(CommitUnit unit, Ledger ledger)
    {
        if (FindSecondWrite(unit) is { } twice)
        {
            return new UnitResult.Refused(RefusalReason.Unstorable, twice.Kind, twice.Key, "a unit may write an object only once");
        }

        foreach (Precondition precondition in unit.Preconditions.AsSpan())
        {
            if (Check(precondition, ledger) is { } refused)
            {
                return refused;
            }
        }

        foreach (Write write in unit.Writes.AsSpan())
        {
            if (Check(write, ledger) is { } refused)
            {
                return refused;
            }
        }

        return null;
    }

    /// <summary>The first object that a unit writes again; a node's session is no object.</summary>
    private static RowKey? FindSecondWrite(CommitUnit unit)
    {
        if (unit.Writes.Count < 2)
        {
            return null;
        }

        HashSet<RowKey> written = new(unit.Writes.Count);
        foreach (Write write in unit.Writes.AsSpan())
        {
            RowKey key = new(write.Kind.Kind, write.Key);
            if (write is not Write.SetAgentSession && !written.Add(key))
            {
                return key;
            }
        }

        return null;
    }

    private static UnitResult.Refused? Check(Precondition precondition, Ledger ledger) => precondition switch
    {
        Precondition.DesiredUnchanged wanted =>
            CheckRow(new RowKey(wanted.Kind.Kind, wanted.Key), wanted.Uid, ledger, row => row.DesiredRevision == wanted.DesiredRevision),
        Precondition.AtResourceVersion wanted =>
            CheckRow(new RowKey(wanted.Kind.Kind, wanted.Key), uid: null, ledger, row => row.ResourceVersion == wanted.Revision),
        Precondition.Exists wanted => CheckRow(new RowKey(wanted.Kind.Kind, wanted.Key), wanted.Uid, ledger),
        Precondition.Absent wanted => ledger.Row(new RowKey(wanted.Kind.Kind, wanted.Key)) is null
            ? null
            : new UnitResult.Refused(RefusalReason.AlreadyExists, wanted.Kind.Kind, wanted.Key),
        Precondition.NamespaceActive wanted => CheckNamespace(NamespaceRow(wanted.Name), ledger),
        Precondition.LeaderEpoch wanted => wanted.Epoch == ledger.LeaderEpoch
            ? null
            : new UnitResult.Refused(RefusalReason.StaleEpoch, "", new ObjectKey("", "")),
        Precondition.AgentSession wanted => ledger.Session(wanted.Node) is { SessionId: not null } session
            && session.SessionId == wanted.SessionId && wanted.Sequence > session.Sequence
            ? null
            : new UnitResult.Refused(RefusalReason.StaleSession, ResourceKinds.Node.Kind, new ObjectKey("", wanted.Node)),
        _ => throw new ArgumentException($"{precondition.GetType().Name} is no known precondition"),
    };

    private static UnitResult.Refused? Check(Write write, Ledger ledger)
    {
        RowKey key = new(write.Kind.Kind, write.Key);
        return write switch
        {
            Write.Create create => ledger.Row(key) is not null || ledger.IsUidTaken(key.Kind, create.Object.Uid)
                ? new UnitResult.Refused(RefusalReason.AlreadyExists, key.Kind, key.Key)
                : null,
            Write.Update update => CheckRow(key, update.Object.Uid, ledger),
            Write.Remove remove => CheckRow(key, remove.Uid, ledger),
            Write.SetAgentSession session => BeginsAgain(session, ledger)
                ? new UnitResult.Refused(RefusalReason.StaleSession, key.Kind, key.Key)
                : null,
            _ => throw new ArgumentException($"{write.GetType().Name} is no known write"),
        };
    }

    /// <summary>
    /// True for a session that has begun already: its first report has been stored, and this is the same one again, late. Stored once more it would put
    /// old statuses over what the session has reported since, which the agent, acknowledged, would not say again.
    /// </summary>
    private static bool BeginsAgain(Write.SetAgentSession write, Ledger ledger) =>
        write.SessionId is not null && ledger.Session(write.Node)?.SessionId == write.SessionId;

    private static UnitResult.Refused? CheckRow(RowKey key, string? uid, Ledger ledger, Func<RowState, bool>? isUnchanged = null)
    {
        RowState? row = ledger.Row(key);
        RefusalReason? reason = row switch
        {
            null => RefusalReason.NotFound,
            _ when uid is not null && row.Uid != uid => RefusalReason.UidMismatch,
            _ when isUnchanged?.Invoke(row) == false => RefusalReason.Conflict,
            _ => null,
        };
        return reason is { } found ? new UnitResult.Refused(found, key.Kind, key.Key) : null;
    }

    private static UnitResult.Refused? CheckNamespace(RowKey key, Ledger ledger) => ledger.Row(key) switch
    {
        null => new UnitResult.Refused(RefusalReason.NamespaceNotFound, key.Kind, key.Key),
        { IsDeleting: true } => new UnitResult.Refused(RefusalReason.NamespaceTerminating, key.Kind, key.Key),
        _ => null,
    };

    /// <summary>The state with the effects of the units accepted so far.</summary>
    private sealed class Ledger
    {
        private readonly ImmutableDictionary<string, AgentSessionState> sessions;
        private readonly Dictionary<RowKey, RowState> rows;
        private readonly HashSet<(string Kind, string Uid)> uids;

        public Ledger(CommitState state)
        {
            Revision = state.Revision;
            LeaderEpoch = state.LeaderEpoch;
            sessions = state.Sessions;
            rows = new Dictionary<RowKey, RowState>(state.Rows);
            uids = [.. state.Rows.Select(row => (row.Key.Kind, row.Value.Uid))];
        }

        public long Revision { get; private set; }

        public long LeaderEpoch { get; }

        public ImmutableArray<AcceptedWrite>.Builder Writes { get; } = ImmutableArray.CreateBuilder<AcceptedWrite>();

        public ImmutableDictionary<string, AgentSessionState>.Builder ChangedSessions { get; } =
            ImmutableDictionary.CreateBuilder<string, AgentSessionState>(StringComparer.Ordinal);

        public RowState? Row(RowKey key) => rows.GetValueOrDefault(key);

        public bool IsUidTaken(string kind, string uid) => uids.Contains((kind, uid));

        public AgentSessionState? Session(string node) => ChangedSessions.GetValueOrDefault(node) ?? sessions.GetValueOrDefault(node);

        public void Apply(int unitIndex, CommitUnit unit)
        {
            foreach (Precondition precondition in unit.Preconditions.AsSpan())
            {
                if (precondition is Precondition.AgentSession report)
                {
                    ChangedSessions[report.Node] = new AgentSessionState(report.SessionId, report.Sequence);
                }
            }

            for (int index = 0; index < unit.Writes.Count; index++)
            {
                Write write = unit.Writes[index];
                if (write is Write.SetAgentSession session)
                {
                    ChangedSessions[session.Node] = new AgentSessionState(session.SessionId, Sequence: 0);
                    continue;
                }

                Revision++;
                Writes.Add(new AcceptedWrite(unitIndex, index, write, Revision));
                Apply(write, new RowKey(write.Kind.Kind, write.Key));
            }
        }

        private void Apply(Write write, RowKey key)
        {
            switch (write)
            {
                case Write.Create create:
                    rows[key] = new RowState(create.Object.Uid, Revision, Revision, create.Object.Metadata.IsDeleting);
                    uids.Add((key.Kind, create.Object.Uid));
                    break;
                case Write.Update update:
                    RowState moved = rows[key] with { ResourceVersion = Revision };
                    rows[key] = update.Parts.HasFlag(ResourceParts.Desired)
                        ? moved with { DesiredRevision = Revision, IsDeleting = update.Object.Metadata.IsDeleting }
                        : moved;
                    break;
                case Write.Remove remove:
                    rows.Remove(key);
                    uids.Remove((key.Kind, remove.Uid));
                    break;
                default:
                    throw new ArgumentException($"{write.GetType().Name} is no write of an object");
            }
        }
    }
}
