using System.Collections.Immutable;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Commits;

/// <summary>The one door for writes. PostgreSQL stands behind it in the product, a simulated store in the simulation.</summary>
public interface IResourceStore
{
    /// <summary>
    /// Commits units, in order, each on its own terms; the results are in the units' order. A unit is stored whole or not at all. The units
    /// of one call may be spread over several transactions: once one of those fails, the call fails with its error, what earlier
    /// transactions stored stays stored, and no later unit of the call is tried. A unit that holds what the store cannot keep is refused
    /// (<see cref="RefusalReason.Unstorable"/>) and keeps no other from being stored.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// The store could not be reached. Nothing of a call with one unit is stored; of several units, the first few may be.
    /// </exception>
    /// <exception cref="CommitOutcomeUnknownException">
    /// The connection broke while committing: the unit, or with several units any number of the first ones, may be stored.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller stopped waiting; units that were on their way may be stored.</exception>
    Task<ImmutableArray<UnitResult>> CommitAsync(IReadOnlyList<CommitUnit> units, CancellationToken cancellationToken);
}

/// <summary>One entry of the change log.</summary>
/// <param name="Revision">The store's revision of this change: unique, increasing in commit order.</param>
/// <param name="Object">The object as it is after the change; for a deletion, as it was, with the deletion's revision.</param>
/// <param name="Previous">The object as this feed last knew it; null for a new one.</param>
public sealed record Change(long Revision, ChangeOperation Operation, Resource Object, Resource? Previous);

public enum ChangeOperation
{
    Added,
    Modified,
    Deleted,
}

/// <summary>The committed state in memory, and the changes to it in order. Fed by the change log alone.</summary>
public interface IResourceCache
{
    /// <summary>Tells this database from any other: a restored or empty one has another identity.</summary>
    string StoreIdentity { get; }

    /// <summary>The revision up to which this cache is complete.</summary>
    long Revision { get; }

    /// <summary>All objects of a kind as of one revision; immutable, free to keep.</summary>
    KindSnapshot Snapshot(ResourceKind kind);

    /// <summary>One object as this cache knows it; null when there is none.</summary>
    Resource? Find(ResourceKind kind, ObjectKey key);

    /// <summary>Returns once the cache has reached a revision.</summary>
    Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for the store's revision: a cache that has reached it shows every write that was acknowledged, by any replica, before this call began.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store could not be asked.</exception>
    Task<long> AskLatestAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Returns once the cache shows every write that was acknowledged, by any replica, before this call began.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store could not be asked.</exception>
    Task WaitForLatestAsync(CancellationToken cancellationToken);

    /// <summary>Everything at one revision, and every change after it.</summary>
    ChangeSubscription SubscribeFromNow();

    /// <summary>Every change after a revision.</summary>
    /// <exception cref="RevisionCompactedException">Changes after that revision are no longer kept.</exception>
    ChangeSubscription SubscribeAfter(long revision);
}

/// <summary>The committed state as the database itself has it: slower than a cache, and never behind.</summary>
public interface IResourceTables
{
    /// <summary>One object.</summary>
    /// <exception cref="StoreUnavailableException">The database could not be reached.</exception>
    Task<StoredObject> FindAsync(ResourceKind kind, ObjectKey key, CancellationToken cancellationToken);

    /// <summary>The objects of several kinds, all at one revision; in the scopes' order.</summary>
    /// <exception cref="StoreUnavailableException">The database could not be reached.</exception>
    Task<ImmutableArray<KindSnapshot>> ReadAsync(IReadOnlyList<KindScope> scopes, CancellationToken cancellationToken);
}

/// <summary>The objects of a kind in one namespace, or in all for an empty name.</summary>
public readonly record struct KindScope(ResourceKind Kind, string Namespace);

/// <summary>An object at a revision of the store; null when there is none.</summary>
public sealed record StoredObject(long Revision, Resource? Object);

/// <summary>The objects of one kind at one revision.</summary>
public sealed record KindSnapshot(long Revision, ImmutableSortedDictionary<ObjectKey, Resource> Objects);

/// <summary>A place in the stream of changes. A subscriber that falls too far behind is cut off.</summary>
public abstract class ChangeSubscription : IDisposable
{
    /// <summary>The identity of the store whose changes these are.</summary>
    public abstract string StoreIdentity { get; }

    /// <summary>The revisions that failovers of that store may have lost.</summary>
    public virtual ValueList<LostRevisions> LostRevisions => default;

    /// <summary>Where the subscription began.</summary>
    public abstract long StartRevision { get; }

    /// <summary>The objects at <see cref="StartRevision"/>, for a subscription from now.</summary>
    public abstract KindSnapshot SnapshotAtStart(ResourceKind kind);

    /// <summary>
    /// The next changes in order, as many as are there; waits for at least one or for progress of the revision alone
    /// (an empty batch), whichever is first.
    /// </summary>
    /// <exception cref="RevisionCompactedException">The subscriber was too slow.</exception>
    public abstract ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Changes in order, complete up to a revision.</summary>
public sealed record ChangeBatch(long Revision, ImmutableArray<Change> Changes);

/// <summary>The store cannot be reached now; the same call may succeed later.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A commit was sent and its answer was lost.</summary>
public sealed class CommitOutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Changes after the asked-for revision are no longer kept (410 Gone).</summary>
public sealed class RevisionCompactedException(string message) : Exception(message);
