using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Simulation.Storing;

/// <summary>What a gateway last said.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Report">What it said.</param>
/// <param name="At">When a replica heard it.</param>
/// <param name="Since">Since when it was never silent for as long as its lease.</param>
internal sealed record GatewayWord(string Node, GatewayReport Report, DateTimeOffset At, DateTimeOffset Since)
{
    /// <summary>This word after an earlier one of the same gateway; the earlier one, when this one was overtaken.</summary>
    public GatewayWord After(GatewayWord? earlier) =>
        earlier is null ? this
        : earlier.Report.Sequence > Report.Sequence ? earlier
        : this with { Since = At - earlier.At < Draining.GatewayLease ? earlier.Since : At };
}
