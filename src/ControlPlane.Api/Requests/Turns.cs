namespace ControlPlane.Api.Requests;

/// <summary>Lets one at a time work on what has a key; others wait for their turn.</summary>
internal sealed class Turns<TKey>
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Line> lines = [];

    /// <summary>Waits until nobody else works on it.</summary>
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

        try
        {
            await line.Free.WaitAsync(cancellationToken);
        }
        catch
        {
            Leave(key, line);
            throw;
        }

        return new Turn(this, key, line);
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

    private sealed class Turn(Turns<TKey> turns, TKey key, Line line) : IDisposable
    {
        public void Dispose()
        {
            line.Free.Release();
            turns.Leave(key, line);
        }
    }
}
