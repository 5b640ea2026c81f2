using System.Collections.Immutable;
using ControlPlane.Domain.Commits;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>The most recent changes in order, bounded in number and age. Not safe for use by several threads at once.</summary>
internal sealed class ChangeRing(int countMax, TimeSpan retention, TimeProvider time)
{
    private Entry[] entries = new Entry[Math.Min(countMax, 1024)];
    private int head;
    private int count;

    /// <summary>Every change after this revision is here.</summary>
    public long Floor { get; private set; }

    /// <summary>Forgets everything; what comes next follows a revision.</summary>
    public void Clear(long floor)
    {
        Array.Clear(entries);
        (head, count, Floor) = (0, 0, floor);
    }

    public void Add(Change change)
    {
        if (count == countMax)
        {
            DropOldest();
        }
        else if (count == entries.Length)
        {
            Entry[] larger = new Entry[Math.Min(countMax, count * 2)];
            for (int i = 0; i < count; i++)
            {
                larger[i] = At(i);
            }

            (entries, head) = (larger, 0);
        }

        entries[(head + count) % entries.Length] = new Entry(change, time.GetTimestamp());
        count++;
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
            (low, high) = At(middle).Change.Revision <= revision ? (middle + 1, high) : (low, middle);
        }

        ImmutableArray<Change>.Builder changes = ImmutableArray.CreateBuilder<Change>(Math.Min(max, count - low));
        for (int i = low; i < count && changes.Count < max; i++)
        {
            changes.Add(At(i).Change);
        }

        return changes.MoveToImmutable();
    }

    private Entry At(int index) => entries[(head + index) % entries.Length];

    private void DropOldest()
    {
        Floor = entries[head].Change.Revision;
        entries[head] = default;
        head = (head + 1) % entries.Length;
        count--;
    }

    private readonly record struct Entry(Change Change, long AddedAt);
}
