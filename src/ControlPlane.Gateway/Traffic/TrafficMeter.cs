using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>The figures of all pods, and for each Service of what reached none: of those in the table, and for a minute of those that have left it.</summary>
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
        return endpoint.Pod == Guid.Empty ? new PodTraffic(key, NameOf(service), endpoint, time) : Of(key, service, endpoint);
    }

    /// <summary>The figures of what no endpoint could be found for: those of no pod.</summary>
    public PodTraffic OfNone(ServiceRoute service) => Of(KeyOfNone(service.Uid), service, new RouteEndpoint { Pod = Guid.Empty, Address = "", Port = 0 });

    /// <summary>Stands for no pod of a Service.</summary>
    public static PodTrafficKey KeyOfNone(Guid service) => new(service, Guid.Empty);

    /// <summary>Says which pods the table has; others are forgotten in time.</summary>
    public void SetListed(HashSet<PodTrafficKey> keys)
    {
        lock (gate)
        {
            listed = keys;
        }
    }

    /// <summary>What a report says: of more than <see cref="TrafficFigures.FiguresMax"/> pods, those that changed last. A Service for which a pod was always found says nothing of none.</summary>
    public ValueList<TrafficFigures> Read() =>
        [.. Pods().Where(pod => pod.Key.Pod != Guid.Empty || pod.Requests > 0).OrderBy(pod => pod.Silence).Take(TrafficFigures.FiguresMax).OrderBy(pod => pod.Key.Service).ThenBy(pod => pod.Key.Pod).Select(pod => pod.Read())];

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

    private PodTraffic Of(PodTrafficKey key, ServiceRoute service, RouteEndpoint endpoint)
    {
        lock (gate)
        {
            if (!pods.TryGetValue(key, out PodTraffic? known))
            {
                known = new PodTraffic(key, NameOf(service), endpoint, time);
                pods.Add(key, known);
            }

            return known;
        }
    }

    private static string NameOf(ServiceRoute service) => $"{service.Namespace}/{service.Name}";
}
