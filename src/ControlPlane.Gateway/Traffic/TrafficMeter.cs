using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>
/// The figures of all pods, and for each Service of what reached none: of those in the table, and for a minute of those that have left it. After that a pod's counts go into its ReplicaSet's, so that what is reported of
/// a ReplicaSet only grows, however long somebody compares it.
/// </summary>
internal sealed class TrafficMeter(TimeProvider time)
{
    /// <summary>How long a pod that has left the table is remembered after the last change; a reader asks more often.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<PodTrafficKey, PodTraffic> pods = [];
    private readonly FormerPods former = new(time);
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

    /// <summary>
    /// What a report says. Where that is more than <see cref="TrafficFigures.FiguresMax"/> it is each ReplicaSet's sum; and of more ReplicaSets than that, those that changed last. A Service for which a pod was always found says nothing of none.
    /// </summary>
    public ValueList<TrafficFigures> Read()
    {
        lock (gate)
        {
            PodTraffic[] told = [.. Pods().Where(pod => pod.Key.Pod != Guid.Empty || pod.Requests > 0)];
            IReadOnlyList<(TrafficFigures Figures, TimeSpan Silence)> gone = former.Read(told.Select(pod => (pod.Key.Service, pod.ReplicaSet)).ToHashSet());
            IEnumerable<(TrafficFigures Figures, TimeSpan Silence)> all = told.Select(pod => (pod.Read(), pod.Silence)).Concat(gone);
            if (told.Length + gone.Count > TrafficFigures.FiguresMax)
            {
                all = all
                    .GroupBy(one => (one.Figures.Service, one.Figures.ReplicaSet))
                    .Select(group => (FormerPods.Sum(group.Select(one => one.Figures)), group.Min(one => one.Silence)))
                    .OrderBy(sum => sum.Item2)
                    .Take(TrafficFigures.FiguresMax);
            }

            return [.. all.Select(one => one.Figures).OrderBy(figures => figures.Service).ThenBy(figures => figures.Pod).ThenBy(figures => figures.ReplicaSet, StringComparer.Ordinal)];
        }
    }

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
                    former.Add(pod.Read());
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
