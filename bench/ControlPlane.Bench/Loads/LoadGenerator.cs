using System.Diagnostics;
using System.Net;

namespace ControlPlane.Bench.Loads;

/// <summary>
/// Callers that each send a request when it is due, at a rate that was set, or as soon as the last one was answered. A late request's time counts from when it was due: a stop of the
/// data path shows in the latencies of all that would have been sent meanwhile.
/// </summary>
internal sealed class LoadGenerator
{
    /// <summary>What each bucket of the latencies spans: a tenth of a millisecond.</summary>
    private const double TicksOfBucket = TimeSpan.TicksPerMillisecond / 10.0;

    /// <summary>Up to 60 s.</summary>
    private const int Buckets = 600_000;

    /// <summary>Failures whose texts are kept, of each kind one line and a count.</summary>
    private const int KindsMax = 50;

    private readonly Lock gate = new();
    private readonly int[] latencies = new int[Buckets];
    private readonly Dictionary<string, int> failures = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<(IPEndPoint Target, bool KeepsAlive)> callers;
    private long requests;
    private long failed;
    private long cutWithKilled;
    private long refusedByKilled;
    private long closedByKilled;
    private Outage? outage;
    private double intervalTicks;

    private LoadGenerator(IEnumerable<(IPEndPoint Target, bool KeepsAlive)> callers) => this.callers = [.. callers];

    /// <summary>Each target gets callers that keep their connection, and as many that open one for each request.</summary>
    public static LoadGenerator OfBothKinds(IEnumerable<IPEndPoint> targets, int callersOfKind) => new(
        from target in targets
        from number in Enumerable.Range(0, 2 * callersOfKind)
        select (target, number % 2 == 0));

    /// <summary>Callers that keep their connection, the targets in turn.</summary>
    public static LoadGenerator OfKept(IReadOnlyList<IPEndPoint> targets, int callers) =>
        new(Enumerable.Range(0, callers).Select(number => (targets[number % targets.Count], true)));

    public long Requests => Interlocked.Read(ref requests);

    public long Failed => Interlocked.Read(ref failed);

    /// <summary>Requests that were in flight on what was killed. Not among those that failed.</summary>
    public long CutWithKilled => Interlocked.Read(ref cutWithKilled);

    /// <summary>Requests for which nobody listened while it was away. Not among those that failed.</summary>
    public long RefusedByKilled => Interlocked.Read(ref refusedByKilled);

    /// <summary>Connections that were idle when it was killed. Nothing was sent on them; the next request went on a new one.</summary>
    public long ClosedByKilled => Interlocked.Read(ref closedByKilled);

    /// <summary>How often something was killed.</summary>
    public int Outages { get; private set; }

    /// <summary>What is being killed and started again; null while nothing is.</summary>
    public Outage? Outage
    {
        get => Volatile.Read(ref outage);
        set
        {
            Outages += value is null ? 0 : 1;
            Volatile.Write(ref outage, value);
        }
    }

    /// <summary>
    /// How many requests can be cut with it: of each caller that has a target among those one that was in flight when it was killed, and one more. Linux closes the sockets of a dead process one by
    /// one, so that a caller whose connection was closed can open another, which waits in the queue of a listener until that is closed, too.
    /// </summary>
    public int CutMax(Outage outage) => 2 * callers.Count(caller => outage.Concerns(caller.Target));

    /// <summary>Requests a second, of all callers together; 0 for as many as are answered.</summary>
    public double Rate
    {
        get => Volatile.Read(ref intervalTicks) is > 0 and var ticks ? callers.Count * TimeSpan.TicksPerSecond / ticks : 0;
        set => Volatile.Write(ref intervalTicks, value > 0 ? callers.Count * TimeSpan.TicksPerSecond / value : 0);
    }

    /// <summary>Sends until it is told to stop; what is under way then is answered first.</summary>
    public Task RunAsync(CancellationToken enough) => Task.WhenAll(callers.Select((caller, i) => CallAsync(caller.Target, caller.KeepsAlive, (double)i / callers.Count, enough)));

    /// <summary>Forgets what was measured so far.</summary>
    public void Reset()
    {
        lock (gate)
        {
            Array.Clear(latencies);
            failures.Clear();
            Interlocked.Exchange(ref requests, 0);
            Interlocked.Exchange(ref failed, 0);
        }
    }

    /// <summary>The time, in milliseconds, within which this part of the requests was answered.</summary>
    public double Percentile(double part)
    {
        lock (gate)
        {
            long wanted = (long)Math.Ceiling(latencies.Sum(count => (long)count) * part);
            long seen = 0;
            int bucket = 0;
            while (bucket < Buckets - 1 && (seen += latencies[bucket]) < wanted)
            {
                bucket++;
            }

            return (bucket + 1) * TicksOfBucket / TimeSpan.TicksPerMillisecond;
        }
    }

    /// <summary>What went wrong, the most frequent first.</summary>
    public IReadOnlyList<string> Failures()
    {
        lock (gate)
        {
            return [.. failures.OrderByDescending(failure => failure.Value).Select(failure => $"{failure.Value} × {failure.Key}")];
        }
    }

    /// <param name="target">Whom to ask.</param>
    /// <param name="keepsAlive">Whether the connection is kept.</param>
    /// <param name="phase">0 to 1: callers with the same rate do not all ask at once.</param>
    /// <param name="enough">Ends it.</param>
    private async Task CallAsync(IPEndPoint target, bool keepsAlive, double phase, CancellationToken enough)
    {
        using HttpCaller caller = new(target, keepsAlive);
        long start = Stopwatch.GetTimestamp();
        double dueTicks = Volatile.Read(ref intervalTicks) * phase;
        while (!enough.IsCancellationRequested)
        {
            double nowTicks = Stopwatch.GetElapsedTime(start).Ticks;
            double interval = Volatile.Read(ref intervalTicks);
            if (interval == 0)
            {
                dueTicks = nowTicks;
            }
            else if (dueTicks > nowTicks)
            {
                await Task.Delay(TimeSpan.FromTicks((long)Math.Max(dueTicks - nowTicks, TimeSpan.TicksPerMillisecond)), enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            CallFailure? failure = await CallAsync(caller, target);
            double bucket = (Stopwatch.GetElapsedTime(start).Ticks - dueTicks) / TicksOfBucket;

            Note(bucket, failure is null ? null : $"{(keepsAlive ? "kept" : "new")}, {target}: {failure.Text}");
            dueTicks += interval;
        }
    }

    /// <summary>Sends one request; null when it was answered, or an outage is why it was not.</summary>
    private async Task<CallFailure?> CallAsync(HttpCaller caller, IPEndPoint target)
    {
        if (Outage?.Concerns(target) == true && caller.DropIfClosed())
        {
            Interlocked.Increment(ref closedByKilled);
        }

        long began = Stopwatch.GetTimestamp();
        CallFailure? failure = await caller.CallAsync(CancellationToken.None);
        if (failure is not null && Outage is { } outage && outage.Concerns(target) && (failure.IsRefused || outage.MayHaveCut(began)))
        {
            if (failure.IsRefused)
            {
                Interlocked.Increment(ref refusedByKilled);
            }
            else
            {
                Interlocked.Increment(ref cutWithKilled);
                outage.Cut($"{target}: {failure.Text}", began);
            }

            return null;
        }

        return failure;
    }

    private void Note(double bucket, string? failure)
    {
        lock (gate)
        {
            requests++;
            latencies[(int)Math.Clamp(bucket, 0, Buckets - 1)]++;
            if (failure is not null)
            {
                failed++;
                if (failures.Count < KindsMax || failures.ContainsKey(failure))
                {
                    failures[failure] = failures.GetValueOrDefault(failure) + 1;
                }
            }
        }
    }
}
