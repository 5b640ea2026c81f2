using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>
/// The snapshots that paged lists are read from, so that all pages show one revision. Those of memory share what has not changed, so each costs
/// what was written since; one that was read from the database costs all that it holds. The least recently used go first, and a list of which the
/// snapshot has gone begins anew (410).
/// </summary>
internal sealed class KeptSnapshots(TimeProvider time)
{
    private const int SnapshotsMax = 64;

    /// <summary>How many objects the snapshots from the database may hold together; about 3 KB each.</summary>
    private const int DatabaseObjectsMax = 100_000;

    /// <summary>How long the next page may be waited for (Kubernetes: about 5 minutes).</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Dictionary<EntryKey, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byUse = [];
    private int databaseObjects;

    /// <param name="Namespace">The one that was read from the database; empty for a snapshot that holds all of them.</param>
    private readonly record struct EntryKey(string Kind, string Namespace, long Revision);

    private sealed record Entry(EntryKey Key, ReadSnapshot Read, DateTimeOffset Until)
    {
        public int DatabaseObjects => Read.IsFromDatabase ? Read.Snapshot.Objects.Count : 0;
    }

    /// <param name="kind">Whose objects it holds.</param>
    /// <param name="namespace">The namespace that it was read for.</param>
    /// <param name="read">The snapshot.</param>
    public void Keep(ResourceKind kind, string @namespace, ReadSnapshot read)
    {
        EntryKey key = new(kind.Kind, read.IsFromDatabase ? @namespace : "", read.Snapshot.Revision);
        lock (gate)
        {
            if (entries.TryGetValue(key, out LinkedListNode<Entry>? known))
            {
                Forget(known);
            }

            DateTimeOffset now = time.GetUtcNow();
            LinkedListNode<Entry> added = byUse.AddLast(new Entry(key, read, now + AgeMax));
            entries[key] = added;
            databaseObjects += added.Value.DatabaseObjects;
            while (byUse.First is { } oldest && (byUse.Count > SnapshotsMax || databaseObjects > DatabaseObjectsMax || oldest.Value.Until < now))
            {
                Forget(oldest);
            }
        }
    }

    /// <summary>A kept snapshot that has a namespace's objects, or all for an empty name; null when it is no longer kept.</summary>
    public ReadSnapshot? Find(ResourceKind kind, string @namespace, long revision)
    {
        lock (gate)
        {
            return Find(new EntryKey(kind.Kind, "", revision)) ?? Find(new EntryKey(kind.Kind, @namespace, revision));
        }
    }

    private ReadSnapshot? Find(EntryKey key) =>
        entries.TryGetValue(key, out LinkedListNode<Entry>? node) && node.Value.Until >= time.GetUtcNow() ? node.Value.Read : null;

    private void Forget(LinkedListNode<Entry> node)
    {
        byUse.Remove(node);
        entries.Remove(node.Value.Key);
        databaseObjects -= node.Value.DatabaseObjects;
    }
}
