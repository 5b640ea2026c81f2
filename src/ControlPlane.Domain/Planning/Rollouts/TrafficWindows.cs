using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>What lies between two readings of the gateways' counts.</summary>
public static class TrafficWindows
{
    /// <summary>
    /// Each gateway instance counts from its own beginning, so the difference is taken for each instance; what was not there at the beginning counts from 0. It is the difference of ReplicaSets' sums, which only grow, and not of
    /// pods' counts: a pod that has left the table for longer than a moment is told of no more but in its ReplicaSet's sum, and where there are very many only sums are told. A gateway that has ended meanwhile is not counted.
    /// </summary>
    public static TrafficWindow Between(
        IReadOnlyList<GatewayState> before, IReadOnlyList<GatewayState> after, IEnumerable<Service> services, DateTimeOffset since, DateTimeOffset until)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        Dictionary<Guid, string> names = services.ToDictionary(service => Guid.Parse(service.Uid), service => service.Name);
        Dictionary<(string Instance, Guid Service, string ReplicaSet), VersionFigures> start = Sums(before, names);
        return new TrafficWindow
        {
            Since = since,
            Until = until,
            Figures = Sums(after, names)
                .Select(sum => Difference(sum.Value, start.GetValueOrDefault(sum.Key)))
                .GroupBy(figures => (figures.Service, figures.ReplicaSet))
                .OrderBy(group => group.Key)
                .Select(group => group.Aggregate(Sum))
                .ToValueList(),
        };
    }

    private static Dictionary<(string Instance, Guid Service, string ReplicaSet), VersionFigures> Sums(IReadOnlyList<GatewayState> gateways, Dictionary<Guid, string> names) =>
        gateways
            .SelectMany(gateway => gateway.Traffic.Where(figures => names.ContainsKey(figures.Service)).Select(figures => (gateway.Instance, Figures: figures)))
            .GroupBy(listed => (listed.Instance, listed.Figures.Service, listed.Figures.ReplicaSet))
            .ToDictionary(group => group.Key, group => group.Select(listed => Of(listed.Figures, names[listed.Figures.Service])).Aggregate(Sum));

    private static VersionFigures Of(TrafficFigures figures, string service) => new()
    {
        Service = service,
        ReplicaSet = figures.ReplicaSet,
        Requests = figures.Requests,
        Failures = figures.Failures,
        Latency = figures.Latency,
    };

    private static VersionFigures Difference(VersionFigures now, VersionFigures? before) => now with
    {
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
