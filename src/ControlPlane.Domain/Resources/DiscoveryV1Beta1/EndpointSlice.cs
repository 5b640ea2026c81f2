using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.DiscoveryV1Beta1;

/// <summary>
/// An <see cref="Resources.EndpointSlice"/> as discovery.k8s.io/v1beta1 has it: an endpoint's node and zone are among its topology (Kubernetes: discovery/v1beta1 conversion).
/// </summary>
public sealed record EndpointSlice : Resource
{
    /// <summary>The group's name and version.</summary>
    public const string GroupVersion = "discovery.k8s.io/v1beta1";

    /// <summary>IPv4; cannot be changed.</summary>
    public string? AddressType { get; init; }

    /// <summary>The endpoints.</summary>
    [WriteEmpty]
    public ValueList<Endpoint> Endpoints { get; init; }

    /// <summary>The ports of each endpoint.</summary>
    [WriteEmpty]
    public ValueList<EndpointSlicePort> Ports { get; init; }

    /// <summary>A stored slice in this form.</summary>
    public static EndpointSlice Of(Resources.EndpointSlice stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return new EndpointSlice
        {
            ApiVersion = GroupVersion,
            Kind = nameof(EndpointSlice),
            Metadata = stored.Metadata,
            AddressType = stored.AddressType,
            Endpoints = [.. stored.Endpoints.Select(Endpoint.Of)],
            Ports = stored.Ports,
        };
    }

    /// <summary>The same in the form that is stored.</summary>
    public Resources.EndpointSlice ToStored() => new()
    {
        ApiVersion = ResourceKinds.EndpointSlice.ApiVersion,
        Kind = ResourceKinds.EndpointSlice.Kind,
        Metadata = Metadata,
        AddressType = AddressType,
        Endpoints = [.. Endpoints.Select(endpoint => endpoint.ToStored())],
        Ports = Ports,
    };
}

/// <summary>One endpoint: a pod.</summary>
public sealed record Endpoint
{
    private const string HostnameLabel = "kubernetes.io/hostname";
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <summary>The address of the pod's node.</summary>
    [WriteEmpty]
    public ValueList<string> Addresses { get; init; }

    /// <summary>Whether it takes requests.</summary>
    public EndpointConditions? Conditions { get; init; }

    public string? Hostname { get; init; }

    /// <summary>The pod.</summary>
    public ObjectReference? TargetRef { get; init; }

    /// <summary>Where it is: its zone and its node by the labels that nodes have.</summary>
    public ValueMap<string> Topology { get; init; }

    /// <summary>The pod's node.</summary>
    public string? NodeName { get; init; }

    public RawJson? Hints { get; init; }

    /// <summary>A stored endpoint in this form.</summary>
    public static Endpoint Of(Resources.Endpoint stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ValueMap<string> topology = stored.DeprecatedTopology;
        if (stored.Zone is { } zone)
        {
            topology = topology.SetItem(ZoneLabel, zone);
        }

        if (stored.NodeName is { } node && !topology.ContainsKey(HostnameLabel))
        {
            topology = topology.SetItem(HostnameLabel, node);
        }

        return new Endpoint
        {
            Addresses = stored.Addresses,
            Conditions = stored.Conditions,
            Hostname = stored.Hostname,
            TargetRef = stored.TargetRef,
            Topology = topology,
            NodeName = stored.NodeName,
            Hints = stored.Hints,
        };
    }

    /// <summary>The same in the form that is stored. A hostname among the topology that is not the node's stays there.</summary>
    public Resources.Endpoint ToStored()
    {
        ValueMap<string> others = Topology.Remove(ZoneLabel);
        return new Resources.Endpoint
        {
            Addresses = Addresses,
            Conditions = Conditions,
            Hostname = Hostname,
            TargetRef = TargetRef,
            DeprecatedTopology = NodeName is { } node && others[HostnameLabel] == node ? others.Remove(HostnameLabel) : others,
            NodeName = NodeName,
            Zone = Topology[ZoneLabel],
            Hints = Hints,
        };
    }
}
