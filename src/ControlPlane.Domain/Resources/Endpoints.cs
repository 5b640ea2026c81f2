using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>The addresses behind the Service of the same name, in the form of old clients; <see cref="EndpointSlice"/> is the one that is acted on.</summary>
public sealed record Endpoints : Resource
{
    /// <summary>Each has addresses with the same ports.</summary>
    public ValueList<EndpointSubset> Subsets { get; init; }
}

/// <summary>Addresses with the same ports.</summary>
public sealed record EndpointSubset
{
    /// <summary>Those that are ready.</summary>
    public ValueList<EndpointAddress> Addresses { get; init; }

    /// <summary>Those that are not.</summary>
    public ValueList<EndpointAddress> NotReadyAddresses { get; init; }

    /// <summary>The ports of each address.</summary>
    public ValueList<EndpointPort> Ports { get; init; }
}

/// <summary>One address.</summary>
public sealed record EndpointAddress
{
    /// <summary>The address of the pod's node.</summary>
    public string Ip { get; init => field = value ?? ""; } = "";

    public string? Hostname { get; init; }

    /// <summary>The pod's node.</summary>
    public string? NodeName { get; init; }

    /// <summary>The pod.</summary>
    public ObjectReference? TargetRef { get; init; }
}

/// <summary>A port of an address.</summary>
public sealed record EndpointPort
{
    /// <summary>The name of the Service's port.</summary>
    public string? Name { get; init; }

    /// <summary>The port on the address.</summary>
    public int Port { get; init; }

    /// <summary>TCP, UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>What is spoken there.</summary>
    public string? AppProtocol { get; init; }
}
