using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>One address for the pods that a selector chooses. Every field of Kubernetes' Service is known; <c>Rules</c> says which are honoured.</summary>
public sealed record Service : Resource
{
    /// <summary>What the Service shall be.</summary>
    public ServiceSpec Spec { get; init => field = value ?? new ServiceSpec(); } = new();

    /// <summary>What the Service is.</summary>
    public ServiceStatus? Status { get; init; }
}

/// <summary>What a Service shall be.</summary>
public sealed record ServiceSpec
{
    /// <summary>The value of <see cref="ClusterIP"/> for a Service without an address: clients find its pods by its endpoints.</summary>
    public const string Headless = "None";

    /// <summary>The ports it is reached at.</summary>
    public ValueList<ServicePort> Ports { get; init; }

    /// <summary>The labels of the pods behind it; without any its endpoints are somebody else's to write.</summary>
    public ValueMap<string> Selector { get; init; }

    /// <summary>The address on each node; chosen when it is not given, None for no address. Cannot be changed.</summary>
    public string? ClusterIP { get; init; }

    /// <summary>The same address, in a list.</summary>
    public ValueList<string> ClusterIPs { get; init; }

    /// <summary>ClusterIP, or NodePort to be reached at a port of each node's address, too; default ClusterIP.</summary>
    public string? Type { get; init; }

    public ValueList<string> ExternalIPs { get; init; }

    /// <summary>ClientIP keeps a client's requests at one pod; default None.</summary>
    public string? SessionAffinity { get; init; }

    public string? LoadBalancerIP { get; init; }

    public ValueList<string> LoadBalancerSourceRanges { get; init; }

    public string? ExternalName { get; init; }

    public string? ExternalTrafficPolicy { get; init; }

    public int? HealthCheckNodePort { get; init; }

    /// <summary>Whether pods get requests before they are ready.</summary>
    public bool? PublishNotReadyAddresses { get; init; }

    /// <summary>How long clients are kept at their pod.</summary>
    public SessionAffinityConfig? SessionAffinityConfig { get; init; }

    /// <summary>IPv4.</summary>
    public ValueList<string> IpFamilies { get; init; }

    /// <summary>SingleStack.</summary>
    public string? IpFamilyPolicy { get; init; }

    public bool? AllocateLoadBalancerNodePorts { get; init; }

    public string? LoadBalancerClass { get; init; }

    public string? InternalTrafficPolicy { get; init; }

    public string? TrafficDistribution { get; init; }
}

/// <summary>A port of a Service.</summary>
public sealed record ServicePort
{
    /// <summary>The port's name; required where there are several.</summary>
    public string? Name { get; init; }

    /// <summary>TCP.</summary>
    public string? Protocol { get; init; }

    /// <summary>What is spoken there, such as http, kubernetes.io/h2c or tcp; HTTP without TLS is carried request by request, all else connection by connection.</summary>
    public string? AppProtocol { get; init; }

    /// <summary>The port on the Service's address.</summary>
    public int Port { get; init; }

    /// <summary>The container's port, by number or name; default the same number.</summary>
    public IntOrString? TargetPort { get; init; }

    /// <summary>The port on each node's address, for NodePort; chosen when it is not given.</summary>
    public int? NodePort { get; init; }
}

/// <summary>How clients are kept at their pod.</summary>
public sealed record SessionAffinityConfig
{
    /// <summary>By their address.</summary>
    public ClientIPConfig? ClientIP { get; init; }
}

/// <summary>How clients are kept at their pod by their address.</summary>
public sealed record ClientIPConfig
{
    /// <summary>Seconds since the last request after which any pod may be chosen; default 10800.</summary>
    public int? TimeoutSeconds { get; init; }
}

/// <summary>What a Service is.</summary>
public sealed record ServiceStatus
{
    /// <summary>Empty: there are no load balancers here.</summary>
    public LoadBalancerStatus? LoadBalancer { get; init; }

    /// <summary>Observations.</summary>
    public ValueList<Condition> Conditions { get; init; }
}

/// <summary>A load balancer's addresses.</summary>
public sealed record LoadBalancerStatus
{
    public RawJson? Ingress { get; init; }
}
