using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>One event of a watch.</summary>
/// <param name="Type"><c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>, <c>BOOKMARK</c> or <c>ERROR</c>.</param>
/// <param name="Object">The object; null for bookmarks and errors.</param>
/// <param name="Revision">For a bookmark: everything up to this has been sent.</param>
/// <param name="EndsInitialEvents">For a bookmark: it ends the objects that were there first.</param>
/// <param name="Error">For an error: why the watch ends.</param>
internal readonly record struct WatchItem(string Type, Resource? Object, long Revision = 0, bool EndsInitialEvents = false, Status? Error = null);

/// <summary>The events of one watch, in batches: what a batch holds is there at once and is sent at once.</summary>
internal sealed class WatchSession(ChangeSubscription subscription, TimeProvider time, ResourceKind kind, ListScope scope) : IDisposable
{
    /// <summary>How often a client that takes bookmarks gets one (Kubernetes: about each minute).</summary>
    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromMinutes(1);

    /// <summary>How many objects of the beginning are sent between two flushes.</summary>
    private const int InitialBatchMax = 500;

    public ResourceKind Kind => kind;

    /// <summary>What is sent first; null for changes alone.</summary>
    public KindSnapshot? Initial { get; init; }

    public bool EndsInitialEvents { get; init; }

    public bool Bookmarks { get; init; }

    public required TimeSpan Timeout { get; init; }

    public void Dispose() => subscription.Dispose();

    /// <summary>The events until the timeout, the client or the application ends the watch.</summary>
    public async IAsyncEnumerable<ImmutableArray<WatchItem>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long revision = subscription.StartRevision;
        foreach (ImmutableArray<WatchItem> batch in InitialBatches())
        {
            yield return batch;
        }

        long started = time.GetTimestamp();
        long bookmarked = started;
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ChangeBatch>? read = null;
        try
        {
            while (time.GetElapsedTime(started) < Timeout)
            {
                read ??= subscription.ReadAsync(ending.Token).AsTask();
                if (await IsReadAsync(read, NextWake(started, bookmarked), cancellationToken))
                {
                    (ChangeBatch? batch, Status? error) = await TakeAsync(read);
                    read = null;
                    if (batch is null)
                    {
                        yield return [new WatchItem("ERROR", null, Error: error)];
                        yield break;
                    }

                    revision = batch.Revision;
                    ImmutableArray<WatchItem> items = ItemsOf(batch);
                    if (!items.IsEmpty)
                    {
                        yield return items;
                    }
                }

                if (Bookmarks && time.GetElapsedTime(bookmarked) >= BookmarkEvery)
                {
                    bookmarked = time.GetTimestamp();
                    yield return [new WatchItem("BOOKMARK", null, revision)];
                }
            }

            if (Bookmarks)
            {
                yield return [new WatchItem("BOOKMARK", null, revision)];
            }
        }
        finally
        {
            await ending.CancelAsync();
            await EndedAsync(read);
        }
    }

    /// <summary>Sees a read that nobody waits for any longer to its end.</summary>
    private static async Task EndedAsync(Task<ChangeBatch>? read)
    {
        if (read is not null)
        {
            await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private IEnumerable<ImmutableArray<WatchItem>> InitialBatches()
    {
        if (Initial is null)
        {
            yield break;
        }

        foreach (Resource[] chunk in Initial.Objects.Values.Where(scope.Includes).Chunk(InitialBatchMax))
        {
            yield return [.. chunk.Select(item => new WatchItem("ADDED", item))];
        }

        if (EndsInitialEvents)
        {
            yield return [new WatchItem("BOOKMARK", null, subscription.StartRevision, EndsInitialEvents: true)];
        }
    }

    /// <summary>How long to wait for changes before a bookmark or the timeout is due.</summary>
    private TimeSpan NextWake(long started, long bookmarked)
    {
        TimeSpan untilEnd = Timeout - time.GetElapsedTime(started);
        TimeSpan untilBookmark = Bookmarks ? BookmarkEvery - time.GetElapsedTime(bookmarked) : untilEnd;
        TimeSpan wake = untilBookmark < untilEnd ? untilBookmark : untilEnd;
        return wake > TimeSpan.Zero ? wake : TimeSpan.Zero;
    }

    private async Task<bool> IsReadAsync(Task<ChangeBatch> read, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (read.IsCompleted)
        {
            return true;
        }

        using CancellationTokenSource awake = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task first = await Task.WhenAny(read, Task.Delay(wait, time, awake.Token));
        await awake.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == read;
    }

    private async Task<(ChangeBatch? Batch, Status? Error)> TakeAsync(Task<ChangeBatch> read)
    {
        try
        {
            return (await read, null);
        }
        catch (RevisionCompactedException)
        {
            return (null, StatusError.Expired(subscription.StartRevision, subscription.StartRevision).Status);
        }
    }

    private ImmutableArray<WatchItem> ItemsOf(ChangeBatch batch)
    {
        ImmutableArray<WatchItem>.Builder items = ImmutableArray.CreateBuilder<WatchItem>();
        foreach (Change change in batch.Changes)
        {
            if (change.Object.GetType() == kind.Type && ItemOf(change) is { } item)
            {
                items.Add(item);
            }
        }

        return items.ToImmutable();
    }

    /// <summary>To a selector, an object that begins to match is new, and one that no longer matches is gone, as it last matched.</summary>
    private WatchItem? ItemOf(Change change)
    {
        bool before = change.Previous is { } previous && scope.Includes(previous);
        bool now = change.Operation != ChangeOperation.Deleted && scope.Includes(change.Object);
        return (before, now) switch
        {
            (false, true) => new WatchItem("ADDED", change.Object),
            (true, true) => new WatchItem("MODIFIED", change.Object),
            (true, false) => new WatchItem("DELETED", change.Previous!.AtRevision(change.Revision)),
            _ => null,
        };
    }
}
