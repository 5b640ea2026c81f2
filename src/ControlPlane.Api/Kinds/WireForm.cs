using System.Text.Json.Nodes;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Kinds;

/// <summary>A second form of a stored kind: the same objects under another group or version, where fields have other names or mean something else.</summary>
/// <param name="Kind">What it is called.</param>
/// <param name="Show">A stored object in this form.</param>
/// <param name="Read">An object of this form as it is stored.</param>
internal sealed record WireForm(ResourceKind Kind, Func<Resource, Resource> Show, Func<Resource, Resource> Read)
{
    /// <summary>The stored names of members that are shown under another.</summary>
    public ValueMap<string> StoredNames { get; init; }

    /// <summary>The kind whose objects are shown.</summary>
    public ResourceKind Stored => ResourceKinds.Find(Kind.Kind)!;

    /// <summary>What is declared of an object in this form, as of the stored one: the members that are declared, and no others.</summary>
    public JsonObject ReadDeclared(JsonObject declared)
    {
        JsonObject whole = Ownership.Json(Read(BodyDecoder.Decode(declared, DecodeTarget.Of(Kind), FieldValidation.Ignore).Object));
        JsonObject read = [];
        foreach ((string name, JsonNode? value) in declared)
        {
            string stored = StoredNames[name] ?? name;
            if ((name == "metadata" ? value : whole[stored]) is { } known)
            {
                read[stored] = known.DeepClone();
            }
        }

        return read;
    }

    /// <summary>Events as events.k8s.io has them.</summary>
    public static WireForm EventsV1 { get; } = new(
        ResourceKinds.Event with { Group = "events.k8s.io", Version = "v1", Type = typeof(Domain.Resources.EventsV1.Event) },
        stored => Domain.Resources.EventsV1.Event.Of((Event)stored),
        shown => ((Domain.Resources.EventsV1.Event)shown).ToStored())
    {
        StoredNames = ValueMap.Of(
            ("regarding", "involvedObject"), ("note", "message"), ("reportingController", "reportingComponent"), ("deprecatedSource", "source"),
            ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count")),
    };

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
