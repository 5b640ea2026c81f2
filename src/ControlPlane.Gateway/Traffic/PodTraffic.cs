using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>Tells a pod behind a Service from any other.</summary>
internal readonly record struct PodTrafficKey(Guid Service, Guid Pod);

/// <summary>What was seen of one pod behind one Service since the gateway started, over all ports. Counts only grow; every member may be used from many threads.</summary>
internal sealed class PodTraffic(PodTrafficKey key, string service, RouteEndpoint pod, TimeProvider time)
{
    /// <summary>A pod that has sent no headers for so long has failed the client that gives up then. Most clients' limits are longer, and most people's patience is not.</summary>
    public static readonly TimeSpan PatienceMin = TimeSpan.FromSeconds(5);

    private readonly long[] latency = new long[TrafficFigures.LatencyBounds.Count + 1];
    private long requests;
    private long failures;
    private long latencyTicks;
    private int inFlight;
    private int hasLatency;
    private long changedAt = time.GetTimestamp();

    public PodTrafficKey Key => key;

    /// <summary>Namespace and name.</summary>
    public string Service => service;

    public string Pod => pod.PodName;

    public string ReplicaSet => pod.ReplicaSet ?? "";

    public long Requests => Interlocked.Read(ref requests);

    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>The time that all answers' headers took together.</summary>
    public TimeSpan LatencySum => TimeSpan.FromTicks(Interlocked.Read(ref latencyTicks));

    /// <summary>How long nothing has changed.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref changedAt));

    public void Entered()
    {
        Interlocked.Increment(ref inFlight);
        Changed();
    }

    public void Left()
    {
        Interlocked.Decrement(ref inFlight);
        Changed();
    }

    /// <summary>An answer's headers have come.</summary>
    /// <param name="took">Since the request came.</param>
    public void Answered(TimeSpan took)
    {
        int bucket = 0;
        while (bucket < TrafficFigures.LatencyBounds.Count && took.TotalMilliseconds > TrafficFigures.LatencyBounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref latency[bucket]);
        Interlocked.Add(ref latencyTicks, took.Ticks);
        Volatile.Write(ref hasLatency, 1);
    }

    /// <summary>
    /// A client has gone before any headers came. How long it waited is a latency, be it too low a one. It is a request, and a failed one, only where the pod had <see cref="PatienceMin"/>; else it says
    /// neither that the pod would have answered nor that it would not.
    /// </summary>
    /// <param name="waited">Since the request came.</param>
    /// <param name="waitedForThePod">Whether nothing else was missing: the client had said all it had to say.</param>
    public void GivenUp(TimeSpan waited, bool waitedForThePod)
    {
        if (!waitedForThePod)
        {
            return;
        }

        Answered(waited);
        if (waited >= PatienceMin)
        {
            Ended(hasFailed: true);
        }
    }

    /// <summary>A request has ended, or a TCP connection was made or could not be.</summary>
    public void Ended(bool hasFailed)
    {
        Interlocked.Increment(ref requests);
        if (hasFailed)
        {
            Interlocked.Increment(ref failures);
        }

        Changed();
    }

    public TrafficFigures Read() => new()
    {
        Service = key.Service,
        ReplicaSet = ReplicaSet,
        Pod = key.Pod,

        // Read before the requests, so that there are never more failures than those.
        Failures = Interlocked.Read(ref failures),
        Requests = Requests,
        InFlight = InFlight,
        Latency = Volatile.Read(ref hasLatency) == 0 ? default : [.. latency.Select((_, bucket) => Interlocked.Read(ref latency[bucket]))],
    };

    private void Changed() => Interlocked.Exchange(ref changedAt, time.GetTimestamp());
}
