using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Kinds;

/// <summary>A second form of a stored kind: the same objects under another group or version, where fields have other names or mean something else.</summary>
/// <param name="Kind">What it is called.</param>
/// <param name="Show">A stored object in this form.</param>
/// <param name="Read">An object of this form as it is stored.</param>
internal sealed record WireForm(ResourceKind Kind, Func<Resource, Resource> Show, Func<Resource, Resource> Read)
{
    /// <summary>Events as events.k8s.io has them.</summary>
    public static WireForm EventsV1 { get; } = new(
        ResourceKinds.Event with { Group = "events.k8s.io", Version = "v1", Type = typeof(Domain.Resources.EventsV1.Event) },
        stored => Domain.Resources.EventsV1.Event.Of((Event)stored),
        shown => ((Domain.Resources.EventsV1.Event)shown).ToStored());

    /// <summary>Budgets as policy/v1beta1 has them.</summary>
    public static WireForm PolicyV1Beta1 { get; } = new(
        ResourceKinds.PodDisruptionBudget with { Version = "v1beta1", Type = typeof(Domain.Resources.PolicyV1Beta1.PodDisruptionBudget) },
        stored => Domain.Resources.PolicyV1Beta1.PodDisruptionBudget.Of((PodDisruptionBudget)stored),
        shown => ((Domain.Resources.PolicyV1Beta1.PodDisruptionBudget)shown).ToStored());

    /// <summary>Slices as discovery.k8s.io/v1beta1 has them.</summary>
    public static WireForm DiscoveryV1Beta1 { get; } = new(
        ResourceKinds.EndpointSlice with { Version = "v1beta1", Type = typeof(Domain.Resources.DiscoveryV1Beta1.EndpointSlice) },
        stored => Domain.Resources.DiscoveryV1Beta1.EndpointSlice.Of((EndpointSlice)stored),
        shown => ((Domain.Resources.DiscoveryV1Beta1.EndpointSlice)shown).ToStored());
}
