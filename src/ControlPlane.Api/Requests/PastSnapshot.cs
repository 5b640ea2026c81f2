using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>The objects of a kind as they were: those of now with the changes since then undone. So every replica can show a revision that a list of another one began with.</summary>
internal static class PastSnapshot
{
    /// <summary>How many changes are undone at most; some tenths of a second of work where they are of 20,000 objects.</summary>
    private const int ChangesMax = 200_000;

    /// <param name="cache">It has reached the revision.</param>
    /// <param name="kind">Whose objects.</param>
    /// <param name="revision">When.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Null when what has changed since then is no longer known.</returns>
    public static async ValueTask<KindSnapshot?> FindAsync(IResourceCache cache, ResourceKind kind, long revision, CancellationToken cancellationToken)
    {
        try
        {
            // Before the snapshot, so that a cache which is filled anew in between ends the subscription.
            using ChangeSubscription later = cache.SubscribeAfter(revision);
            KindSnapshot now = cache.Snapshot(kind);
            return await ChangedSinceAsync(later, now.Revision, kind, cancellationToken) is { } before
                ? new KindSnapshot(revision, now.Objects.RemoveRange(before.Keys).AddRange(before.Where(entry => entry.Value is not null)!))
                : null;
        }
        catch (RevisionCompactedException)
        {
            return null;
        }
    }

    /// <summary>What each object was before it changed first, null for one that was not there; null as a whole when that is not known.</summary>
    private static async ValueTask<Dictionary<ObjectKey, Resource?>?> ChangedSinceAsync(
        ChangeSubscription later, long until, ResourceKind kind, CancellationToken cancellationToken)
    {
        Dictionary<ObjectKey, Resource?> before = [];
        int changes = 0;
        for (long reached = later.StartRevision; reached < until;)
        {
            ChangeBatch batch = await later.ReadAsync(cancellationToken);
            reached = batch.Revision;
            changes += batch.Changes.Length;
            if (changes > ChangesMax)
            {
                return null;
            }

            foreach (Change change in batch.Changes.Where(change => change.Revision <= until && change.Object.GetType() == kind.Type))
            {
                bool isKnown = change.Previous is not null || change.Operation == ChangeOperation.Added;
                if (before.TryAdd(change.Object.Key, change.Previous) && !isKnown)
                {
                    return null;
                }
            }
        }

        return before;
    }
}
