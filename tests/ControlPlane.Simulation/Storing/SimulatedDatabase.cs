using System.Collections.Immutable;
using System.Globalization;
using ControlPlane.Api.Requests;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Simulation.Storing;

/// <summary>
/// What PostgreSQL holds, with the same commit rules: objects, change log, agent sessions, leader's lease, nodes' signs of life. Whatever it does is done at
/// once; that messages to it take time, get lost or fail is its clients' affair.
/// </summary>
internal sealed class SimulatedDatabase
{
    private readonly List<Change> log = [];
    private DatabaseState state;

    public SimulatedDatabase(string identity) => state = new DatabaseState { Identity = identity };

    /// <summary>Tells of each transaction once it is stored.</summary>
    public event Action<Transaction>? Committed;

    /// <summary>True while nobody can reach it.</summary>
    public bool IsDown { get; set; }

    public string Identity => state.Identity;

    public long Revision => state.Revision;

    public long LeaderEpoch => state.LeaderEpoch;

    /// <summary>Who holds the leader's lease; empty when nobody does.</summary>
    public string LeaseHolder => state.LeaseHolder;

    public ImmutableDictionary<string, AgentSessionState> Sessions => state.Sessions;

    /// <summary>Everything, to be restored later.</summary>
    public DatabaseState Backup() => state;

    /// <summary>
    /// Goes back to an older state under a new identity. Revisions jump ahead of all that were ever given, and the epoch with them, as the product's
    /// operating manual has it.
    /// </summary>
    public void Restore(DatabaseState backup, string newIdentity)
    {
        long revision = Revision + RevisionJump;
        long epoch = LeaderEpoch + 1;
        state = backup with { Identity = newIdentity, Revision = revision, LeaderEpoch = epoch, LeaseHolder = "", LeaseExpires = DateTimeOffset.MinValue };
        log.Clear();
        LogStart = revision;
    }

    /// <summary>The revision after which the change log begins.</summary>
    public long LogStart { get; private set; }

    private const long RevisionJump = 1_000_000;

    public IReadOnlyDictionary<string, DateTimeOffset> LastSeen => state.LastSeen;

    public ImmutableSortedDictionary<ObjectKey, Resource> All(ResourceKind kind) => state.Of(kind);

    public IEnumerable<T> All<T>()
        where T : Resource => All(ResourceKinds.Of<T>()).Values.Cast<T>();

    public T? Find<T>(ObjectKey key)
        where T : Resource => (T?)All(ResourceKinds.Of<T>()).GetValueOrDefault(key);

    /// <summary>Stores what the rules accept.</summary>
    /// <param name="units">What is asked for.</param>
    /// <param name="known">The revision up to which whoever asks has surely seen everything.</param>
    public ImmutableArray<UnitResult> Commit(IReadOnlyList<CommitUnit> units, long known = 0)
    {
        CommitOutcome outcome = CommitRules.Evaluate(units, new CommitState
        {
            Revision = state.Revision,
            LeaderEpoch = state.LeaderEpoch,
            Rows = StatesOf(CommitReads.Of(units)),
            Sessions = state.Sessions,
        });
        DatabaseState before = state;
        int first = log.Count;
        foreach (AcceptedWrite accepted in outcome.Writes)
        {
            Apply(accepted.Write, accepted.Revision);
        }

        state = state with { Sessions = state.Sessions.SetItems(outcome.Sessions), Revision = outcome.Revision };
        Committed?.Invoke(new Transaction(units, outcome, log[first..], before, state, known));
        return outcome.Results;
    }

    /// <summary>The changes after one revision, up to and including another.</summary>
    public IEnumerable<Change> Changes(long after, long upTo)
    {
        // Within a log each revision follows the one before it.
        int first = (int)(after - LogStart);
        int end = (int)(Math.Min(upTo, Revision) - LogStart);
        return log.GetRange(first, Math.Max(0, end - first));
    }

    /// <summary>Takes or extends the leader's lease; null while another one holds it.</summary>
    public long? TryHold(string holder, DateTimeOffset now, TimeSpan duration)
    {
        if (state.LeaseHolder != holder)
        {
            if (state.LeaseExpires >= now)
            {
                return null;
            }

            state = state with { LeaseHolder = holder, LeaderEpoch = state.LeaderEpoch + 1 };
        }

        state = state with { LeaseExpires = now + duration };
        return state.LeaderEpoch;
    }

    public void ReleaseLease(string holder)
    {
        if (state.LeaseHolder == holder)
        {
            state = state with { LeaseHolder = "", LeaseExpires = DateTimeOffset.MinValue };
        }
    }

    public void Seen(IEnumerable<KeyValuePair<string, DateTimeOffset>> nodes)
    {
        foreach ((string node, DateTimeOffset at) in nodes)
        {
            if (!state.LastSeen.TryGetValue(node, out DateTimeOffset known) || known < at)
            {
                state = state with { LastSeen = state.LastSeen.SetItem(node, at) };
            }
        }
    }

    public IReadOnlyDictionary<string, GatewayWord> Gateways => state.Gateways;

    public void Heard(IEnumerable<GatewayWord> words)
    {
        foreach (GatewayWord word in words)
        {
            state = state with { Gateways = state.Gateways.SetItem(word.Report.Instance, word.After(state.Gateways.GetValueOrDefault(word.Report.Instance))) };
        }
    }

    /// <summary>The rows that a unit names, and those that hold a uid which it is about to give.</summary>
    private ImmutableDictionary<RowKey, RowState> StatesOf(CommitReads reads)
    {
        ImmutableDictionary<RowKey, RowState>.Builder rows = ImmutableDictionary.CreateBuilder<RowKey, RowState>();
        foreach (RowKey key in reads.Rows)
        {
            if (state.Of(ResourceKinds.Find(key.Kind)!).GetValueOrDefault(key.Key) is { } stored)
            {
                rows[key] = StateOf(stored);
            }
        }

        foreach ((string kind, string uid) in reads.Uids)
        {
            if (state.Uids.TryGetValue((kind, uid), out ObjectKey key))
            {
                rows[new RowKey(kind, key)] = StateOf(state.Of(ResourceKinds.Find(kind)!)[key]);
            }
        }

        return rows.ToImmutable();
    }

    private static RowState StateOf(Resource item) => new(item.Uid, item.Metadata.Revision, item.Metadata.DesiredRevision, item.Metadata.IsDeleting);

    private void Apply(Write write, long revision)
    {
        Resource? stored = state.Of(write.Kind).GetValueOrDefault(write.Key);
        Resource result = write switch
        {
            Write.Create create => Stamped(create.Object, write.Kind, revision, revision),
            Write.Update { Parts: ResourceParts.Status } update =>
                Stamped(ResourceStatus.WithStatusOf(stored!, update.Object), write.Kind, revision, stored!.Metadata.DesiredRevision),
            Write.Update { Parts: ResourceParts.Desired } update => Stamped(ResourceStatus.WithStatusOf(update.Object, stored!), write.Kind, revision, revision),
            Write.Update update => Stamped(update.Object, write.Kind, revision, revision),
            _ => Stamped(stored!, write.Kind, revision, stored!.Metadata.DesiredRevision),
        };
        ChangeOperation operation = write switch
        {
            Write.Create => ChangeOperation.Added,
            Write.Remove => ChangeOperation.Deleted,
            _ => ChangeOperation.Modified,
        };
        state = operation == ChangeOperation.Deleted ? state.Without(write.Kind, result) : state.With(write.Kind, result);
        log.Add(new Change(revision, operation, result, stored));
    }

    private static Resource Stamped(Resource item, ResourceKind kind, long revision, long desiredRevision) => item with
    {
        ApiVersion = kind.ApiVersion,
        Kind = kind.Kind,
        Metadata = item.Metadata with { ResourceVersion = revision.ToString(CultureInfo.InvariantCulture), DesiredRevision = desiredRevision },
    };
}

/// <summary>One transaction as it was stored.</summary>
/// <param name="Units">What was asked for.</param>
/// <param name="Outcome">What the rules said.</param>
/// <param name="Changes">The new entries of the change log.</param>
/// <param name="Before">The state it met.</param>
/// <param name="After">The state it left.</param>
/// <param name="Known">The revision up to which whoever asked had surely seen everything.</param>
internal sealed record Transaction(
    IReadOnlyList<CommitUnit> Units, CommitOutcome Outcome, IReadOnlyList<Change> Changes, DatabaseState Before, DatabaseState After, long Known);
