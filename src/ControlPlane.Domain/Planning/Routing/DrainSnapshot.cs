using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What is known of pods that gateways shall not send requests to any more, and of gateways.</summary>
public sealed record DrainSnapshot
{
    /// <summary>The pods with a deletion mark.</summary>
    public required IReadOnlyCollection<Pod> Terminating { get; init; }

    /// <summary>The pods whose nodes ask whether they may restart a container.</summary>
    public IReadOnlyCollection<Pod> Restarting { get; init; } = [];

    /// <summary>The slices that list a pod, by its uid.</summary>
    public required Func<string, IReadOnlyCollection<EndpointSlice>> SlicesOf { get; init; }

    /// <summary>All slices of a Service, by its uid.</summary>
    public required Func<string, IEnumerable<EndpointSlice>> SlicesOfService { get; init; }

    /// <inheritdoc cref="DrainTimes.Of(EndpointSlice)"/>
    public Func<EndpointSlice, TimeSpan> DrainTimeOf { get; init; } = static _ => Draining.Timeout;

    /// <inheritdoc cref="FormerEndpoints.Of"/>
    public Func<Pod, FormerEndpoint?> FormerOf { get; init; } = static _ => null;

    /// <summary>The gateways that were heard of.</summary>
    public required IReadOnlyList<GatewayState> Gateways { get; init; }

    /// <summary>For how long gateways could be heard without a gap: their silence before that counts for nothing.</summary>
    public required TimeSpan HeardFor { get; init; }

    /// <summary>The store's identity.</summary>
    public required string Store { get; init; }

    public required DateTimeOffset Now { get; init; }
}
