using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>
/// The snapshots that paged lists are read from, so that all pages show one revision. Snapshots share what has not changed, so each costs
/// what was written since; the least recently used go first.
/// </summary>
internal sealed class KeptSnapshots(TimeProvider time)
{
    private const int SnapshotsMax = 64;

    /// <summary>How long the next page may be waited for (Kubernetes: about 5 minutes).</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Dictionary<(string Kind, long Revision), LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byUse = [];

    private sealed record Entry((string Kind, long Revision) Key, KindSnapshot Snapshot, DateTimeOffset Until);

    public void Keep(ResourceKind kind, KindSnapshot snapshot)
    {
        (string, long) key = (kind.Kind, snapshot.Revision);
        lock (gate)
        {
            if (entries.Remove(key, out LinkedListNode<Entry>? known))
            {
                byUse.Remove(known);
            }

            DateTimeOffset now = time.GetUtcNow();
            entries[key] = byUse.AddLast(new Entry(key, snapshot, now + AgeMax));
            while (byUse.First is { } oldest && (byUse.Count > SnapshotsMax || oldest.Value.Until < now))
            {
                byUse.RemoveFirst();
                entries.Remove(oldest.Value.Key);
            }
        }
    }

    /// <summary>A kept snapshot; null when it is no longer kept.</summary>
    public KindSnapshot? Find(ResourceKind kind, long revision)
    {
        lock (gate)
        {
            return entries.TryGetValue((kind.Kind, revision), out LinkedListNode<Entry>? node) && node.Value.Until >= time.GetUtcNow()
                ? node.Value.Snapshot
                : null;
        }
    }
}
