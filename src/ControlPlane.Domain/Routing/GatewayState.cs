using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>A gateway as the control plane last heard of it.</summary>
public sealed record GatewayState
{
    public required string Node { get; init; }

    /// <inheritdoc cref="GatewayReport.Instance"/>
    public required string Instance { get; init; }

    /// <inheritdoc cref="GatewayReport.Store"/>
    public required string Store { get; init; }

    /// <inheritdoc cref="GatewayReport.Acknowledged"/>
    public required long Acknowledged { get; init; }

    /// <inheritdoc cref="GatewayReport.Draining"/>
    public ValueList<DrainingEndpoint> Draining { get; init; }

    /// <inheritdoc cref="GatewayReport.Traffic"/>
    public ValueList<TrafficFigures> Traffic { get; init; }

    /// <summary>How long ago its last report came.</summary>
    public required TimeSpan Age { get; init; }
}
