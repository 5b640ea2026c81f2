using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of Services (Kubernetes: core/v1, SetDefaults_Service), and what an update that says nothing of it keeps.</summary>
internal static class ServiceDefaults
{
    public const string ClusterIP = "ClusterIP";
    public const string NodePort = "NodePort";
    public const string AffinityNone = "None";
    public const string AffinityClientIP = "ClientIP";
    private const string Cluster = "Cluster";

    /// <summary>Three hours.</summary>
    private const int AffinityTimeoutSeconds = 10800;

    public static Service Apply(Service service) => service with
    {
        Spec = Apply(service.Spec),
        Status = (service.Status ?? new ServiceStatus()) with { LoadBalancer = service.Status?.LoadBalancer ?? new LoadBalancerStatus() },
    };

    /// <summary>
    /// An update that leaves out what was chosen for the Service keeps it: its address, and a node port for each port with the same number and protocol
    /// (Kubernetes: service strategy, patchAllocatedValues). One that changes the type to one without node ports, and names none but those that were chosen, gives them up
    /// (the same, dropTypeDependentFields): <c>kubectl apply</c> of a manifest of the other type says nothing of what was chosen.
    /// </summary>
    public static Service Carry(Service updated, Service stored)
    {
        ServiceSpec spec = updated.Spec;
        if (string.IsNullOrEmpty(spec.ClusterIP) && spec.ClusterIPs.IsEmpty)
        {
            spec = spec with { ClusterIP = stored.Spec.ClusterIP, ClusterIPs = stored.Spec.ClusterIPs };
        }

        if (spec.Type == NodePort && stored.Spec.Type == NodePort)
        {
            HashSet<int> used = [.. spec.Ports.Select(port => port.NodePort ?? 0)];
            spec = spec with { Ports = [.. spec.Ports.Select(port => (port.NodePort ?? 0) != 0 ? port : port with { NodePort = KeptFor(port, stored.Spec.Ports, used) })] };
        }

        bool givesUp = stored.Spec.Type == NodePort && (spec.Type.EmptyAsAbsent() ?? ClusterIP) == ClusterIP;
        return updated with { Spec = givesUp ? WithoutNodePortsOf(stored.Spec, spec) : spec };
    }

    private static ServiceSpec WithoutNodePortsOf(ServiceSpec stored, ServiceSpec spec)
    {
        HashSet<int> chosen = [0, .. stored.Ports.Select(port => port.NodePort ?? 0)];
        return spec with
        {
            Ports = spec.Ports.All(port => chosen.Contains(port.NodePort ?? 0)) ? [.. spec.Ports.Select(port => port with { NodePort = null })] : spec.Ports,
            ExternalTrafficPolicy = spec.ExternalTrafficPolicy == stored.ExternalTrafficPolicy ? null : spec.ExternalTrafficPolicy,
        };
    }

    private static int? KeptFor(ServicePort port, ValueList<ServicePort> stored, HashSet<int> used) => stored
        .Where(old => old.Port == port.Port && old.Protocol == (port.Protocol.EmptyAsAbsent() ?? "TCP") && old.NodePort is { } number && used.Add(number))
        .Select(old => old.NodePort)
        .FirstOrDefault();

    private static ServiceSpec Apply(ServiceSpec spec)
    {
        string type = spec.Type.EmptyAsAbsent() ?? ClusterIP;
        string affinity = spec.SessionAffinity.EmptyAsAbsent() ?? AffinityNone;
        string? address = spec.ClusterIP.EmptyAsAbsent() ?? (spec.ClusterIPs.IsEmpty ? null : spec.ClusterIPs[0]);
        return spec with
        {
            Type = type,
            SessionAffinity = affinity,
            SessionAffinityConfig = affinity == AffinityClientIP && spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is null
                ? new SessionAffinityConfig { ClientIP = new ClientIPConfig { TimeoutSeconds = AffinityTimeoutSeconds } }
                : spec.SessionAffinityConfig,
            Ports = [.. spec.Ports.Select(Apply)],
            ClusterIP = address,
            ClusterIPs = address is not null && spec.ClusterIPs.IsEmpty ? [address] : spec.ClusterIPs,
            ExternalTrafficPolicy = spec.ExternalTrafficPolicy.EmptyAsAbsent() ?? (type == NodePort ? Cluster : null),
            InternalTrafficPolicy = spec.InternalTrafficPolicy.EmptyAsAbsent() ?? Cluster,
            IpFamilies = spec.IpFamilies.IsEmpty ? ["IPv4"] : spec.IpFamilies,
            IpFamilyPolicy = spec.IpFamilyPolicy.EmptyAsAbsent() ?? "SingleStack",
            PublishNotReadyAddresses = spec.PublishNotReadyAddresses.FalseAsAbsent(),
            HealthCheckNodePort = spec.HealthCheckNodePort.ZeroAsAbsent(),
        };
    }

    private static ServicePort Apply(ServicePort port) => port with
    {
        Name = port.Name.EmptyAsAbsent(),
        Protocol = port.Protocol.EmptyAsAbsent() ?? "TCP",
        TargetPort = port.TargetPort is { } target && target != 0 && target != "" ? target : port.Port,
        NodePort = port.NodePort.ZeroAsAbsent(),
    };
}
