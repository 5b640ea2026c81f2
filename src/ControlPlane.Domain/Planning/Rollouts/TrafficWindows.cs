using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>What lies between two readings of the gateways' counts.</summary>
public static class TrafficWindows
{
    /// <summary>
    /// Each gateway instance counts from its own beginning, so the difference is taken for each instance and pod; what was not there at the beginning counts from 0. A gateway that has ended
    /// meanwhile is not counted.
    /// </summary>
    public static TrafficWindow Between(
        IReadOnlyList<GatewayState> before, IReadOnlyList<GatewayState> after, IEnumerable<Service> services, DateTimeOffset since, DateTimeOffset until)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        Dictionary<(string, Guid, Guid), TrafficFigures> start = [];
        foreach ((string instance, TrafficFigures figures) in Listed(before))
        {
            start[(instance, figures.Service, figures.Pod)] = figures;
        }

        Dictionary<Guid, string> names = services.ToDictionary(service => Guid.Parse(service.Uid), service => service.Name);
        return new TrafficWindow
        {
            Since = since,
            Until = until,
            Figures = Listed(after)
                .Where(listed => names.ContainsKey(listed.Figures.Service))
                .Select(listed => Difference(listed.Figures, start.GetValueOrDefault((listed.Instance, listed.Figures.Service, listed.Figures.Pod)), names[listed.Figures.Service]))
                .GroupBy(figures => (figures.Service, figures.ReplicaSet))
                .OrderBy(group => group.Key)
                .Select(group => group.Aggregate(Sum))
                .ToValueList(),
        };
    }

    private static IEnumerable<(string Instance, TrafficFigures Figures)> Listed(IReadOnlyList<GatewayState> gateways) =>
        gateways.SelectMany(gateway => gateway.Traffic.Select(figures => (gateway.Instance, figures)));

    private static VersionFigures Difference(TrafficFigures now, TrafficFigures? before, string service) => new()
    {
        Service = service,
        ReplicaSet = now.ReplicaSet,
        Requests = Math.Max(0, now.Requests - (before?.Requests ?? 0)),
        Failures = Math.Max(0, now.Failures - (before?.Failures ?? 0)),
        Latency = [.. now.Latency.Select((count, i) => Math.Max(0, count - (before is { } known && i < known.Latency.Count ? known.Latency[i] : 0)))],
    };

    private static VersionFigures Sum(VersionFigures left, VersionFigures right)
    {
        ValueList<long> longer = left.Latency.Count >= right.Latency.Count ? left.Latency : right.Latency;
        ValueList<long> shorter = left.Latency.Count >= right.Latency.Count ? right.Latency : left.Latency;
        return left with
        {
            Requests = left.Requests + right.Requests,
            Failures = left.Failures + right.Failures,
            Latency = [.. longer.Select((count, i) => count + (i < shorter.Count ? shorter[i] : 0))],
        };
    }
}
