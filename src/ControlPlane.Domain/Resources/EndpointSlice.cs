using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Some of the endpoints behind a Service: those that have the same ports.</summary>
public sealed record EndpointSlice : Resource
{
    /// <summary>The label that names the Service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    /// <summary>The label that says who writes the slice.</summary>
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";

    /// <summary>Endpoints in one slice at most (Kubernetes: kube-controller-manager, max-endpoints-per-slice).</summary>
    public const int EndpointsMax = 100;

    /// <summary>IPv4; cannot be changed.</summary>
    public string? AddressType { get; init; }

    /// <summary>The endpoints.</summary>
    [WriteEmpty]
    public ValueList<Endpoint> Endpoints { get; init; }

    /// <summary>The ports of each endpoint.</summary>
    [WriteEmpty]
    public ValueList<EndpointSlicePort> Ports { get; init; }
}

/// <summary>One endpoint: a pod.</summary>
public sealed record Endpoint
{
    /// <summary>The address of the pod's node.</summary>
    [WriteEmpty]
    public ValueList<string> Addresses { get; init; }

    /// <summary>Whether it takes requests.</summary>
    public EndpointConditions? Conditions { get; init; }

    public string? Hostname { get; init; }

    /// <summary>The pod.</summary>
    public ObjectReference? TargetRef { get; init; }

    public ValueMap<string> DeprecatedTopology { get; init; }

    /// <summary>The pod's node.</summary>
    public string? NodeName { get; init; }

    /// <summary>The zone of the node.</summary>
    public string? Zone { get; init; }

    public RawJson? Hints { get; init; }
}

/// <summary>Whether an endpoint takes requests.</summary>
public sealed record EndpointConditions
{
    /// <summary>Takes new requests: never while it terminates.</summary>
    public bool? Ready { get; init; }

    /// <summary>The pod's readiness, whether or not it terminates.</summary>
    public bool? Serving { get; init; }

    /// <summary>Whether the pod is on its way out.</summary>
    public bool? Terminating { get; init; }
}

/// <summary>A port of a slice's endpoints.</summary>
public sealed record EndpointSlicePort
{
    /// <summary>The name of the Service's port.</summary>
    [WriteEmpty]
    public string? Name { get; init; }

    /// <summary>TCP, UDP or SCTP; default TCP.</summary>
    public string? Protocol { get; init; }

    /// <summary>The port on the endpoint's address.</summary>
    public int? Port { get; init; }

    /// <summary>What is spoken there.</summary>
    public string? AppProtocol { get; init; }
}
