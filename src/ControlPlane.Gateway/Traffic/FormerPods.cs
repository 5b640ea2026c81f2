using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>
/// What was counted for pods that are gone, for each Service and ReplicaSet together. Kept for as long as the ReplicaSet has pods; without any for an hour, and of those at most <see cref="OrphansMax"/>, the ones that ended last.
/// Not safe for use by several threads.
/// </summary>
internal sealed class FormerPods(TimeProvider time)
{
    /// <summary>ReplicaSets without a pod that are remembered.</summary>
    public const int OrphansMax = 1_000;

    /// <summary>For how long.</summary>
    public static readonly TimeSpan OrphansKeptFor = TimeSpan.FromHours(1);

    private readonly Dictionary<(Guid Service, string ReplicaSet), (TrafficFigures Sum, long At)> sums = [];

    /// <summary>Sums up figures of one ReplicaSet.</summary>
    public static TrafficFigures Sum(IEnumerable<TrafficFigures> figures) =>
        figures.Aggregate((left, right) => left with
        {
            Pod = Guid.Empty,
            Requests = left.Requests + right.Requests,
            Failures = left.Failures + right.Failures,
            InFlight = left.InFlight + right.InFlight,
            Latency = left.Latency.IsEmpty ? right.Latency : right.Latency.IsEmpty ? left.Latency : [.. left.Latency.Zip(right.Latency, (one, other) => one + other)],
        }) with
        {
            Pod = Guid.Empty,
        };

    /// <summary>A pod is gone. One that got no request leaves nothing to remember.</summary>
    public void Add(TrafficFigures pod)
    {
        if (pod.Requests == 0)
        {
            return;
        }

        (Guid, string) key = (pod.Service, pod.ReplicaSet);
        TrafficFigures[] both = sums.TryGetValue(key, out (TrafficFigures Sum, long At) known) ? [known.Sum, pod] : [pod];
        sums[key] = (Sum(both), time.GetTimestamp());
    }

    /// <summary>All sums, and how long ago each last changed.</summary>
    /// <param name="alive">The ReplicaSets that have pods.</param>
    public IReadOnlyList<(TrafficFigures Figures, TimeSpan Silence)> Read(HashSet<(Guid Service, string ReplicaSet)> alive)
    {
        IEnumerable<(Guid, string)> forgotten = sums
            .Where(entry => !alive.Contains(entry.Key))
            .OrderByDescending(entry => entry.Value.At)
            .Where((entry, i) => i >= OrphansMax || time.GetElapsedTime(entry.Value.At) >= OrphansKeptFor)
            .Select(entry => entry.Key);
        foreach ((Guid, string) key in forgotten.ToList())
        {
            sums.Remove(key);
        }

        return [.. sums.Values.Select(entry => (entry.Sum, time.GetElapsedTime(entry.At)))];
    }
}
