using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>The figures of all pods: of those in the table, and for a minute of those that have left it.</summary>
internal sealed class TrafficMeter(TimeProvider time)
{
    /// <summary>How long a pod that has left the table is remembered after the last change; a reader asks more often.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<PodTrafficKey, PodTraffic> pods = [];
    private HashSet<PodTrafficKey> listed = [];

    /// <summary>The figures of a pod, from now on where there are none yet. Those of addresses that are no pod's are counted and told to nobody.</summary>
    public PodTraffic Of(ServiceRoute service, RouteEndpoint endpoint)
    {
        PodTrafficKey key = new(service.Uid, endpoint.Pod);
        lock (gate)
        {
            if (!pods.TryGetValue(key, out PodTraffic? known))
            {
                known = new PodTraffic(key, $"{service.Namespace}/{service.Name}", endpoint, time);
                if (endpoint.Pod != Guid.Empty)
                {
                    pods.Add(key, known);
                }
            }

            return known;
        }
    }

    /// <summary>Says which pods the table has; others are forgotten in time.</summary>
    public void SetListed(HashSet<PodTrafficKey> keys)
    {
        lock (gate)
        {
            listed = keys;
        }
    }

    /// <summary>What a report says: of more than <see cref="TrafficFigures.FiguresMax"/> pods, those that changed last.</summary>
    public ValueList<TrafficFigures> Read() =>
        [.. Pods().OrderBy(pod => pod.Silence).Take(TrafficFigures.FiguresMax).OrderBy(pod => pod.Key.Service).ThenBy(pod => pod.Key.Pod).Select(pod => pod.Read())];

    /// <summary>All that are remembered.</summary>
    public IReadOnlyList<PodTraffic> Pods()
    {
        lock (gate)
        {
            foreach ((PodTrafficKey key, PodTraffic pod) in pods)
            {
                if (!listed.Contains(key) && pod.InFlight == 0 && pod.Silence >= KeptFor)
                {
                    pods.Remove(key);
                }
            }

            return [.. pods.Values];
        }
    }
}
