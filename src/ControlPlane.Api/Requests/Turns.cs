namespace ControlPlane.Api.Requests;

/// <summary>
/// Lets one at a time work on what has a key; others wait for their turn, for a while: it spares work that would be done in vain, and whoever goes on without one is kept right by what a commit demands.
/// </summary>
internal sealed class Turns<TKey>
    where TKey : notnull
{
    /// <summary>A store that does not answer holds each of them up: one after the other they would wait for the sum of it.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Line> lines = [];

    /// <summary>How many keys somebody works on.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return lines.Count;
            }
        }
    }

    /// <summary>Waits until nobody else works on it, or it has waited long enough.</summary>
    /// <returns>The turn, which ends when it is disposed.</returns>
    public async ValueTask<IDisposable> TakeAsync(TKey key, CancellationToken cancellationToken)
    {
        Line line;
        lock (gate)
        {
            if (!lines.TryGetValue(key, out line!))
            {
                lines.Add(key, line = new Line());
            }

            line.People++;
        }

        bool isMine;
        try
        {
            isMine = await line.Free.WaitAsync(WaitMax, cancellationToken);
        }
        catch
        {
            Leave(key, line);
            throw;
        }

        return new Turn(this, key, line, isMine);
    }

    private void Leave(TKey key, Line line)
    {
        lock (gate)
        {
            if (--line.People == 0)
            {
                lines.Remove(key);
                line.Free.Dispose();
            }
        }
    }

    private sealed class Line
    {
        public SemaphoreSlim Free { get; } = new(1);

        /// <summary>Who waits, and who has the turn.</summary>
        public int People { get; set; }
    }

    private sealed class Turn(Turns<TKey> turns, TKey key, Line line, bool isMine) : IDisposable
    {
        public void Dispose()
        {
            if (isMine)
            {
                line.Free.Release();
            }

            turns.Leave(key, line);
        }
    }
}
