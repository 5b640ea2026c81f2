using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What the planner of a Service's endpoints may know.</summary>
public sealed record EndpointsSnapshot
{
    public required Service Service { get; init; }

    /// <summary>The pods of the Service's namespace; those that it does not select may be among them.</summary>
    public required IReadOnlyCollection<Pod> Pods { get; init; }

    /// <summary>The slices that the Service controls.</summary>
    public required IReadOnlyCollection<EndpointSlice> Slices { get; init; }

    /// <summary>The Endpoints of the Service's name; null when there are none.</summary>
    public required Endpoints? Endpoints { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required IdSource Ids { get; init; }
}
