using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>
/// Where the requests to Services go: the answer of <c>GET /gateway/v1/nodes/{name}/routes?after=R&amp;store=S</c>, held until the table is newer than R (204 when
/// it is not within 30 s), unless the store is another one than S, whose revisions say nothing here. It is the whole table as of <see cref="Revision"/>.
/// </summary>
public sealed record RouteTable
{
    /// <summary>Tells this database from any other.</summary>
    public required string Store { get; init; }

    /// <summary>The store's revision of the newest change that shows in the table.</summary>
    public required long Revision { get; init; }

    /// <summary>In the order of namespace and name.</summary>
    public ValueList<ServiceRoute> Services { get; init; }

    /// <summary>Nodes for which a person has confirmed that <see cref="Store"/> has replaced others, in the order of their names.</summary>
    public ValueList<ReplacedStores> ReplacedStores { get; init; }

    /// <summary>Routes of other stores: only in what a gateway keeps, never in what it is sent.</summary>
    public ValueList<KeptRoute> Kept { get; init; }
}

/// <summary>One Service's ports, and how its clients are kept to their endpoints.</summary>
public sealed record ServiceRoute
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required Guid Uid { get; init; }

    /// <summary>The address on which each node serves it; null for a Service without one.</summary>
    public string? ClusterIP { get; init; }

    public SessionAffinity SessionAffinity { get; init; }

    /// <summary>How long after its last request a client is kept to its endpoint, in seconds (Kubernetes' default: 10800); with <see cref="SessionAffinity.ClientIP"/>.</summary>
    public int? AffinityTimeoutSeconds { get; init; }

    /// <summary>How long a pod that has become ready is spared, in milliseconds; null: not at all. See <see cref="SlowStart"/>.</summary>
    public int? SlowStartMs { get; init; }

    public ValueList<PortRoute> Ports { get; init; }

    /// <summary>How new requests are divided among ReplicaSets; empty: among all ready endpoints alike.</summary>
    public ValueList<TrafficShare> Shares { get; init; }

    /// <summary>Requests that go to one ReplicaSet whatever the shares say; the first that holds wins.</summary>
    public ValueList<HeaderRoute> HeaderRoutes { get; init; }
}

/// <summary>One port of a Service, and the pods behind it.</summary>
public sealed record PortRoute
{
    public string? Name { get; init; }

    /// <summary>The port on <see cref="ServiceRoute.ClusterIP"/>.</summary>
    public required int Port { get; init; }

    /// <summary>The port on each node's address; null when the Service has none there.</summary>
    public int? NodePort { get; init; }

    public RouteProtocol Protocol { get; init; }

    /// <summary>In the order of the pods' names.</summary>
    public ValueList<RouteEndpoint> Endpoints { get; init; }
}

/// <summary>
/// One pod behind a port. A ready one gets new requests. One that is not is listed so that a gateway can say how many requests are in flight to it, and gets none,
/// unless no endpoint of the port is ready: then those that are terminating and still serve get them (as Kubernetes' proxy does).
/// </summary>
public sealed record RouteEndpoint
{
    /// <summary>The pod's uid; empty for an address that is no pod's.</summary>
    public required Guid Pod { get; init; }

    /// <summary>Empty for an address that is no pod's.</summary>
    public string PodName { get; init => field = value ?? ""; } = "";

    /// <summary>The ReplicaSet that controls the pod; null for a pod of its own.</summary>
    public string? ReplicaSet { get; init; }

    /// <summary>Empty for an address that is no pod's.</summary>
    public string Node { get; init => field = value ?? ""; } = "";

    /// <summary>The node's address.</summary>
    public required string Address { get; init; }

    /// <summary>The port on <see cref="Address"/> that the container's port is published on.</summary>
    public required int Port { get; init; }

    /// <summary>The port of the container that <see cref="Port"/> leads to; said of Services without an address, null for what is no pod's.</summary>
    public int? ContainerPort { get; init; }

    /// <summary>The pod's <c>hostname</c> where its <c>subdomain</c> is the Service's name; said of Services without an address, else null.</summary>
    public string? Hostname { get; init; }

    /// <summary>Takes new requests. False for each that is terminating.</summary>
    public bool Ready { get; init; }

    /// <summary>The pod's readiness, terminating or not.</summary>
    public bool Serving { get; init; }

    public bool Terminating { get; init; }
}

/// <summary>How a port's bytes are carried.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RouteProtocol>))]
public enum RouteProtocol
{
    /// <summary>Request by request.</summary>
    Http,

    /// <summary>Connection by connection.</summary>
    Tcp,
}

/// <summary>Whether a client's requests stay with one endpoint (Kubernetes: ServiceSpec.sessionAffinity).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SessionAffinity>))]
public enum SessionAffinity
{
    None,

    /// <summary>A client, told by its address, stays with its endpoint.</summary>
    ClientIP,
}
