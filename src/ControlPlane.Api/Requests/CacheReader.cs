using System.Collections.Immutable;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>
/// Reads as fresh as the client asked for: from the replica's memory, which is there already or soon, and from the database itself where memory
/// stays behind.
/// </summary>
internal sealed class CacheReader(IResourceCache cache, IResourceTables tables, TimeProvider time) : IDisposable
{
    /// <summary>How long a read waits for a revision that this replica has not reached (Kubernetes' watch cache: 3 s).</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(3);

    /// <summary>How long a read of the database may take, with the wait for its turn.</summary>
    private static readonly TimeSpan DatabaseReadMax = TimeSpan.FromSeconds(10);

    /// <summary>How many reads the database is asked for at the same time; the others wait their turn.</summary>
    private const int DatabaseReadsMax = 8;

    private readonly SemaphoreSlim turns = new(DatabaseReadsMax);

    public IResourceCache Cache => cache;

    /// <summary>An object as memory has it; null when there is none.</summary>
    public T? Find<T>(ObjectKey key)
        where T : Resource => (T?)cache.Find(ResourceKinds.Of<T>(), key);

    /// <summary>An object as fresh as a <c>resourceVersion</c> asks: unset is the latest, 0 is whatever is there, N is at least N.</summary>
    /// <returns>Null when there is none.</returns>
    public async ValueTask<T?> FindAsync<T>(ObjectKey key, long? resourceVersion, CancellationToken cancellationToken)
        where T : Resource
    {
        if (await ReachAsync(resourceVersion, cancellationToken))
        {
            return Find<T>(key);
        }

        await CheckReachedAsync(resourceVersion, cancellationToken);
        StoredObject stored = await AskDatabaseAsync(bound => tables.FindAsync(ResourceKinds.Of<T>(), key, bound), cancellationToken);
        return (T?)stored.Object;
    }

    /// <summary>An object with every write that was acknowledged before; null when there is none.</summary>
    public ValueTask<T?> FindLatestAsync<T>(ObjectKey key, CancellationToken cancellationToken)
        where T : Resource => FindAsync<T>(key, resourceVersion: null, cancellationToken);

    /// <summary>
    /// The objects of a kind, as fresh as a <c>resourceVersion</c> asks. From memory it holds those of all namespaces; from the database, those of
    /// the one that was asked for (all, for an empty name).
    /// </summary>
    public async ValueTask<ReadSnapshot> SnapshotAsync(ResourceKind kind, string @namespace, long? resourceVersion, CancellationToken cancellationToken)
    {
        if (await ReachAsync(resourceVersion, cancellationToken))
        {
            return new ReadSnapshot(cache.Snapshot(kind), IsFromDatabase: false);
        }

        await CheckReachedAsync(resourceVersion, cancellationToken);
        ImmutableArray<KindSnapshot> read = await AskDatabaseAsync(bound => tables.ReadAsync([new KindScope(kind, @namespace)], bound), cancellationToken);
        return new ReadSnapshot(read[0], IsFromDatabase: true);
    }

    /// <summary>The objects of a kind in all namespaces as they were at a revision; null when that is not known, has not been reached, or memory stays behind it.</summary>
    public async ValueTask<KindSnapshot?> FindPastAsync(ResourceKind kind, long revision, CancellationToken cancellationToken)
    {
        bool isReached = cache.Revision >= revision
            || (await cache.AskLatestAsync(cancellationToken) >= revision && await WaitForAsync(revision, cancellationToken));
        return isReached ? await PastSnapshot.FindAsync(cache, kind, revision, cancellationToken) : null;
    }

    /// <summary>The objects of several kinds, all at one revision, as fresh as a <c>resourceVersion</c> asks; in the scopes' order.</summary>
    public async ValueTask<ReadSnapshots> SnapshotsAsync(IReadOnlyList<KindScope> scopes, long? resourceVersion, CancellationToken cancellationToken)
    {
        if (await ReachAsync(resourceVersion, cancellationToken))
        {
            using ChangeSubscription now = cache.SubscribeFromNow();
            return new ReadSnapshots([.. scopes.Select(scope => now.SnapshotAtStart(scope.Kind))], IsFromDatabase: false);
        }

        await CheckReachedAsync(resourceVersion, cancellationToken);
        return new ReadSnapshots(await AskDatabaseAsync(bound => tables.ReadAsync(scopes, bound), cancellationToken), IsFromDatabase: true);
    }

    /// <summary>Every change after a revision that the store has reached, whether or not memory has.</summary>
    /// <exception cref="ApiException">504: the store has not reached it.</exception>
    /// <exception cref="RevisionCompactedException">Changes after it are no longer kept.</exception>
    public async ValueTask<ChangeSubscription> SubscribeAfterAsync(long revision, CancellationToken cancellationToken)
    {
        if (!await ReachAsync(revision, cancellationToken))
        {
            await CheckReachedAsync(revision, cancellationToken);
        }

        return cache.SubscribeAfter(revision);
    }

    /// <summary>Returns once memory is as fresh as a <c>resourceVersion</c> asks.</summary>
    /// <exception cref="StoreUnavailableException">It stays behind.</exception>
    /// <exception cref="ApiException">504: it stays behind the revision that was named.</exception>
    public async ValueTask WaitAsync(long? resourceVersion, CancellationToken cancellationToken)
    {
        if (!await ReachAsync(resourceVersion, cancellationToken))
        {
            throw resourceVersion is { } revision
                ? StatusError.TooLargeResourceVersion(revision, cache.Revision)
                : new StoreUnavailableException("the database's changes do not arrive");
        }
    }

    /// <summary>Returns once memory shows every write that was acknowledged before.</summary>
    /// <exception cref="StoreUnavailableException">It stays behind.</exception>
    public ValueTask WaitForLatestAsync(CancellationToken cancellationToken) => WaitAsync(resourceVersion: null, cancellationToken);

    public void Dispose() => turns.Dispose();

    /// <summary>Waits for memory, for a bounded time; false when it stays behind.</summary>
    private async ValueTask<bool> ReachAsync(long? resourceVersion, CancellationToken cancellationToken)
    {
        long revision = resourceVersion ?? await cache.AskLatestAsync(cancellationToken);
        return cache.Revision >= revision || await WaitForAsync(revision, cancellationToken);
    }

    private async Task<bool> WaitForAsync(long revision, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(WaitMax, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            await cache.WaitForRevisionAsync(revision, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>A revision that the store itself has not reached is a timeout, as Kubernetes answers it.</summary>
    private async ValueTask CheckReachedAsync(long? resourceVersion, CancellationToken cancellationToken)
    {
        if (resourceVersion is { } wanted && await cache.AskLatestAsync(cancellationToken) is var reached && reached < wanted)
        {
            throw StatusError.TooLargeResourceVersion(wanted, reached);
        }
    }

    private async Task<TAnswer> AskDatabaseAsync<TAnswer>(Func<CancellationToken, Task<TAnswer>> ask, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(DatabaseReadMax, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            await turns.WaitAsync(either.Token);
            try
            {
                return await ask(either.Token);
            }
            finally
            {
                turns.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException("the database's changes do not arrive, and it does not answer in time when it is read instead");
        }
    }
}

/// <summary>The objects of a kind at one revision.</summary>
/// <param name="IsFromDatabase">They were read for this request alone: they share nothing with memory, and are those of one namespace if one was named.</param>
internal readonly record struct ReadSnapshot(KindSnapshot Snapshot, bool IsFromDatabase);

/// <summary>The objects of several kinds at one revision.</summary>
/// <param name="IsFromDatabase">They were read for this request alone; of each kind, those of the namespace that was asked for.</param>
internal readonly record struct ReadSnapshots(ImmutableArray<KindSnapshot> Kinds, bool IsFromDatabase)
{
    public IEnumerable<T> All<T>(int scope)
        where T : Resource => Kinds[scope].Objects.Values.Cast<T>();
}
