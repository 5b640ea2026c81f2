using System.Collections.Immutable;
using ControlPlane.Domain.Commits;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>A change with the size of its object.</summary>
/// <param name="Bytes">The characters of the object's JSON, which stand for its size in memory.</param>
internal readonly record struct SizedChange(Change Change, int Bytes);

/// <summary>
/// The most recent changes in order, bounded in number, size and age; the newest is always there. Not safe for use by several threads at once.
/// </summary>
internal sealed class ChangeRing(int countMax, long bytesMax, TimeSpan retention, TimeProvider time)
{
    private Entry[] entries = new Entry[Math.Min(countMax, 1024)];
    private int head;
    private int count;
    private long bytes;

    /// <summary>Every change after this revision is here.</summary>
    public long Floor { get; private set; }

    /// <summary>Forgets everything; what comes next follows a revision.</summary>
    public void Clear(long floor)
    {
        Array.Clear(entries);
        (head, count, bytes, Floor) = (0, 0, 0, floor);
    }

    public void Add(SizedChange added)
    {
        while (count > 0 && (count == countMax || bytes + added.Bytes > bytesMax))
        {
            DropOldest();
        }

        if (count == entries.Length)
        {
            Entry[] larger = new Entry[Math.Min(countMax, count * 2)];
            for (int i = 0; i < count; i++)
            {
                larger[i] = At(i);
            }

            (entries, head) = (larger, 0);
        }

        entries[(head + count) % entries.Length] = new Entry(added, time.GetTimestamp());
        count++;
        bytes += added.Bytes;
    }

    /// <summary>Drops what is older than the retention.</summary>
    public void Trim()
    {
        while (count > 0 && time.GetElapsedTime(At(0).AddedAt) > retention)
        {
            DropOldest();
        }
    }

    /// <summary>The first changes after a revision.</summary>
    public ImmutableArray<Change> After(long revision, int max)
    {
        int low = 0;
        int high = count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = At(middle).Added.Change.Revision <= revision ? (middle + 1, high) : (low, middle);
        }

        ImmutableArray<Change>.Builder changes = ImmutableArray.CreateBuilder<Change>(Math.Min(max, count - low));
        for (int i = low; i < count && changes.Count < max; i++)
        {
            changes.Add(At(i).Added.Change);
        }

        return changes.MoveToImmutable();
    }

    private Entry At(int index) => entries[(head + index) % entries.Length];

    private void DropOldest()
    {
        SizedChange oldest = entries[head].Added;
        Floor = oldest.Change.Revision;
        bytes -= oldest.Bytes;
        entries[head] = default;
        head = (head + 1) % entries.Length;
        count--;
    }

    private readonly record struct Entry(SizedChange Added, long AddedAt);
}
