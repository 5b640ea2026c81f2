using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>One or more containers that run together on one node.</summary>
public sealed record Pod : Resource
{
    public PodSpec Spec { get; init => field = value ?? new PodSpec(); } = new();

    public PodStatus? Status { get; init; }
}

/// <summary>The pods that a workload makes.</summary>
public sealed record PodTemplateSpec
{
    /// <summary>Labels and annotations of the pods.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new ObjectMeta(); } = new();

    /// <summary>What the pods run.</summary>
    public PodSpec Spec { get; init => field = value ?? new PodSpec(); } = new();
}

/// <summary>What a pod runs. Every field of Kubernetes' PodSpec is known; <c>Rules</c> says which are honoured.</summary>
public sealed record PodSpec
{
    /// <summary>Volumes that containers can mount.</summary>
    public ValueList<Volume> Volumes { get; init; }

    /// <summary>Containers that run to their end, one after the other, before the others start; and sidecars, which run on.</summary>
    public ValueList<Container> InitContainers { get; init; }

    /// <summary>The containers; at least one.</summary>
    public ValueList<Container> Containers { get; init; }

    public RawJson? EphemeralContainers { get; init; }

    /// <summary><c>Always</c>, <c>OnFailure</c> or <c>Never</c>; default Always.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>Seconds between SIGTERM and SIGKILL; default 30.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>Seconds after which the pod is ended.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>How names are resolved: <c>ClusterFirst</c>, <c>ClusterFirstWithHostNet</c>, <c>Default</c> (as the node does) or <c>None</c> (as dnsConfig says); default ClusterFirst.</summary>
    public string? DnsPolicy { get; init; }

    /// <summary>Labels that the pod's node must have.</summary>
    public ValueMap<string> NodeSelector { get; init; }

    /// <summary>The identity of the pod; default.</summary>
    public string? ServiceAccountName { get; init; }

    public string? ServiceAccount { get; init; }

    public bool? AutomountServiceAccountToken { get; init; }

    /// <summary>The node the pod is bound to; set once.</summary>
    public string? NodeName { get; init; }

    /// <summary>Use the node's network: its addresses, ports and name.</summary>
    public bool? HostNetwork { get; init; }

    public bool? HostPID { get; init; }

    public bool? HostIPC { get; init; }

    /// <summary>Whether the containers see each other's processes.</summary>
    public bool? ShareProcessNamespace { get; init; }

    /// <summary>Isolation of the whole pod.</summary>
    public PodSecurityContext? SecurityContext { get; init; }

    /// <summary>Secrets with logins for the images' registries.</summary>
    public ValueList<LocalObjectReference> ImagePullSecrets { get; init; }

    /// <summary>The host name; default the pod's name.</summary>
    public string? Hostname { get; init; }

    /// <summary>Makes the pod's full name HOSTNAME.SUBDOMAIN.NAMESPACE.svc.cluster.local.</summary>
    public string? Subdomain { get; init; }

    /// <summary>Where the pod wants to be, and beside whom.</summary>
    public Affinity? Affinity { get; init; }

    /// <summary>Who places the pod; default-scheduler.</summary>
    public string? SchedulerName { get; init; }

    /// <summary>Taints that do not keep the pod away.</summary>
    public ValueList<Toleration> Tolerations { get; init; }

    /// <summary>More addresses and names for the pod's <c>/etc/hosts</c>.</summary>
    public ValueList<HostAlias> HostAliases { get; init; }

    public string? PriorityClassName { get; init; }

    /// <summary>Pods of higher priority are placed first.</summary>
    public int? Priority { get; init; }

    /// <summary>How names are resolved, beside the policy or, where that is None, instead.</summary>
    public PodDnsConfig? DnsConfig { get; init; }

    public RawJson? ReadinessGates { get; init; }

    public string? RuntimeClassName { get; init; }

    public bool? EnableServiceLinks { get; init; }

    public string? PreemptionPolicy { get; init; }

    public RawJson? Overhead { get; init; }

    /// <summary>How evenly pods like this one are to be spread.</summary>
    public ValueList<TopologySpreadConstraint> TopologySpreadConstraints { get; init; }

    /// <summary>Whether the host name is the full name; at most 64 characters.</summary>
    public bool? SetHostnameAsFQDN { get; init; }

    public RawJson? Os { get; init; }

    public bool? HostUsers { get; init; }

    public RawJson? SchedulingGates { get; init; }

    public RawJson? ResourceClaims { get; init; }

    public ResourceRequirements? Resources { get; init; }

    public string? HostnameOverride { get; init; }

    public RawJson? WorkloadRef { get; init; }
}

/// <summary>Isolation of a whole pod.</summary>
public sealed record PodSecurityContext
{
    public RawJson? SeLinuxOptions { get; init; }

    public RawJson? WindowsOptions { get; init; }

    /// <summary>The user that containers run as which name none.</summary>
    public long? RunAsUser { get; init; }

    /// <summary>The group that containers run as which name none.</summary>
    public long? RunAsGroup { get; init; }

    /// <summary>No container may run as root that does not say otherwise.</summary>
    public bool? RunAsNonRoot { get; init; }

    /// <summary>More groups of the first process of each container.</summary>
    public ValueList<long> SupplementalGroups { get; init; }

    /// <summary>How the groups go together with those in the image; Merge.</summary>
    public string? SupplementalGroupsPolicy { get; init; }

    public long? FsGroup { get; init; }

    public RawJson? Sysctls { get; init; }

    public string? FsGroupChangePolicy { get; init; }

    /// <summary>The system calls that are let through for containers that say nothing themselves.</summary>
    public SeccompProfile? SeccompProfile { get; init; }

    public RawJson? AppArmorProfile { get; init; }

    public string? SeLinuxChangePolicy { get; init; }
}

/// <summary>Tolerates the taints that match it.</summary>
public sealed record Toleration
{
    /// <summary>The taint's key; empty with operator Exists: any.</summary>
    public string? Key { get; init; }

    /// <summary>Exists or Equal; default Equal.</summary>
    public string? Operator { get; init; }

    /// <summary>The taint's value.</summary>
    public string? Value { get; init; }

    /// <summary>The taint's effect; empty: any.</summary>
    public string? Effect { get; init; }

    /// <summary>Seconds a NoExecute taint is tolerated.</summary>
    public long? TolerationSeconds { get; init; }
}
