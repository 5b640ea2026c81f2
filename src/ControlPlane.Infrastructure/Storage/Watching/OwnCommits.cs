using System.Diagnostics.CodeAnalysis;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.Storage.Commits;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>
/// What this process has committed and its cache has not applied yet. The cache need not read back what is known here: it saves the database the reading, and the objects
/// go on sharing what they share (a thousand pods have one template between them). Whatever is missing here is read from the change log.
/// </summary>
internal sealed class OwnCommits
{
    /// <summary>Transactions that wait at most; the oldest is given up, and read from the log.</summary>
    private const int WaitingMax = 64;

    private readonly Lock gate = new();
    private readonly Queue<OwnCommit> waiting = [];
    private volatile int processId;

    /// <summary>PostgreSQL's process that commits for this one: its notifications say nothing new here.</summary>
    public int ProcessId
    {
        get => processId;
        set => processId = value;
    }

    public void Add(OwnCommit commit)
    {
        lock (gate)
        {
            if (waiting.Count == WaitingMax)
            {
                waiting.Dequeue();
            }

            waiting.Enqueue(commit);
        }
    }

    /// <summary>Takes the commit that follows a revision, if it is this process' own; forgets those before it.</summary>
    public bool TryTakeAfter(long revision, [NotNullWhen(true)] out OwnCommit? commit)
    {
        lock (gate)
        {
            while (waiting.TryPeek(out commit) && commit.After <= revision)
            {
                waiting.Dequeue();
                if (commit.After == revision)
                {
                    return true;
                }
            }

            commit = null;
            return false;
        }
    }
}

/// <summary>A transaction of this process: its writes have all the revisions after one.</summary>
/// <param name="Units">What was asked for, serialized.</param>
/// <param name="After">The store's revision before it.</param>
/// <param name="Outcome">What was accepted.</param>
internal sealed record OwnCommit(IReadOnlyList<PreparedUnit> Units, long After, CommitOutcome Outcome)
{
    public static ChangeOperation OperationOf(Write write) => write switch
    {
        Write.Create => ChangeOperation.Added,
        Write.Remove => ChangeOperation.Deleted,
        _ => ChangeOperation.Modified,
    };

    /// <summary>The bytes that a write stored; what it left as it was is shared with the object before.</summary>
    public int LengthOf(AcceptedWrite accepted) => Units[accepted.Unit].Columns[accepted.Index]?.Length ?? 0;

    /// <summary>The object as a write left it, the same as if it were read back; null when that cannot be said.</summary>
    /// <param name="accepted">The write.</param>
    /// <param name="known">The object before it; null when there was none.</param>
    public Resource? ResultOf(AcceptedWrite accepted, Resource? known)
    {
        PreparedUnit unit = Units[accepted.Unit];
        return accepted.Write switch
        {
            Write.Create create => ResourceColumns.Stamped(AsStored(create.Object, unit, accepted), accepted.Revision, accepted.Revision),
            Write.Update update when known is not null => Updated(update, AsStored(update.Object, unit, accepted), known, accepted.Revision),
            Write.Remove when known is not null => ResourceColumns.Stamped(known, accepted.Revision, known.Metadata.DesiredRevision),
            _ => null,
        };
    }

    private static Resource Updated(Write.Update update, Resource written, Resource known, long revision)
    {
        bool isDesired = update.Parts.HasFlag(ResourceParts.Desired);
        Resource desired = isDesired ? written : known;
        Resource observed = update.Parts.HasFlag(ResourceParts.Status) ? written : known;
        return ResourceColumns.Stamped(ResourceColumns.WithStatusOf(desired, observed), revision, isDesired ? revision : known.Metadata.DesiredRevision);
    }

    /// <summary>
    /// What agents report was read from JSON, and the reconciler writes what reads the same (the simulation holds it to that). What a client wrote may say the same
    /// in another way: an empty text for none.
    /// </summary>
    private static Resource AsStored(Resource written, PreparedUnit unit, AcceptedWrite accepted) => unit.Unit.Priority == CommitPriority.Background
        ? written
        : ResourceColumns.ToResource(
            ResourceKinds.Of(written), written.Namespace, written.Name, written.Uid, accepted.Revision, accepted.Revision, unit.Columns[accepted.Index]!);
}
