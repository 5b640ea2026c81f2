using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace ControlPlane.Bench.Loads;

/// <summary>
/// Something that answers at some addresses is killed, and started again. Requests that were under way when it ended are cut, through no fault of anybody; for as long as it is away its addresses
/// refuse connections; and a connection that was kept turns out to be closed when it is next used, before anything was sent on it: any client opens another. Whatever else fails is lost.
/// </summary>
/// <param name="addresses">Where it answers, alone or among others.</param>
internal sealed class Outage(IEnumerable<IPEndPoint> addresses)
{
    private readonly ImmutableHashSet<IPEndPoint> addresses = [.. addresses];
    private readonly ConcurrentQueue<(string Failure, long Began)> cuts = new();
    private long endedAt = long.MaxValue;

    public bool Concerns(IPEndPoint target) => addresses.Contains(target);

    /// <summary>The process has ended, and with it all its connections.</summary>
    public void HasEnded() => Interlocked.CompareExchange(ref endedAt, Stopwatch.GetTimestamp(), long.MaxValue);

    /// <summary>Whether a request that began at that moment may have been in flight when it ended.</summary>
    /// <param name="began">A <see cref="Stopwatch.GetTimestamp"/>.</param>
    public bool MayHaveCut(long began) => began <= Interlocked.Read(ref endedAt);

    /// <summary>A request was in flight when it ended.</summary>
    /// <param name="failure">What its caller saw.</param>
    /// <param name="began">A <see cref="Stopwatch.GetTimestamp"/>.</param>
    public void Cut(string failure, long began) => cuts.Enqueue((failure, began));

    /// <summary>What was cut, and how long before the end it had begun.</summary>
    public IEnumerable<string> Cuts() => cuts.ToArray().Select(cut =>
        string.Create(CultureInfo.InvariantCulture, $"{cut.Failure}, begun {Stopwatch.GetElapsedTime(cut.Began, Interlocked.Read(ref endedAt)).TotalMilliseconds:0.0} ms before the end"));
}
