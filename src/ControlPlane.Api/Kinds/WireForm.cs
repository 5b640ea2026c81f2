using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Kinds;

/// <summary>A second form of a stored kind: the same objects under another group, with other names for their fields.</summary>
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
}
