using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>What the gateways saw between two moments.</summary>
public sealed record TrafficWindow
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Up to when it was measured.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>One for each Service and ReplicaSet.</summary>
    public ValueList<VersionFigures> Figures { get; init; }

    /// <summary>What was seen of one ReplicaSet behind one Service; nothing, if it was not seen.</summary>
    public VersionFigures Of(string service, string replicaSet) =>
        Figures.FirstOrDefault(figures => figures.Service == service && figures.ReplicaSet == replicaSet) ?? new VersionFigures { Service = service, ReplicaSet = replicaSet };
}

/// <summary>The requests of one ReplicaSet behind one Service.</summary>
public sealed record VersionFigures
{
    /// <summary>The Service's name.</summary>
    public required string Service { get; init; }

    public required string ReplicaSet { get; init; }

    public long Requests { get; init; }

    public long Failures { get; init; }

    /// <inheritdoc cref="TrafficFigures.Latency"/>
    public ValueList<long> Latency { get; init; }

    /// <summary>Per cent of the requests that did not fail; 100 without any.</summary>
    public decimal SuccessRate => Requests == 0 ? 100 : 100m * (Requests - Failures) / Requests;

    /// <summary>
    /// The upper bound, in milliseconds, of the bucket that holds a percentile; null without any request. Of 100 requests, 95 of them up to 50 ms and 5 up to 300 ms, the 95th is 50 and
    /// the 99th is 300. What is slower than every bound counts as <see cref="long.MaxValue"/>.
    /// </summary>
    public long? PercentileMs(int percent)
    {
        long total = Latency.Sum();
        if (total == 0)
        {
            return null;
        }

        long rank = (total * percent + 99) / 100;
        long counted = 0;
        for (int i = 0; i < Latency.Count; i++)
        {
            counted += Latency[i];
            if (counted >= rank)
            {
                return i < TrafficFigures.LatencyBounds.Count ? TrafficFigures.LatencyBounds[i] : long.MaxValue;
            }
        }

        return long.MaxValue;
    }
}
