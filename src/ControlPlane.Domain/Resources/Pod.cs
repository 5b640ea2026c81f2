using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>One or more containers that run together on one node.</summary>
public sealed record Pod : Resource
{
    public PodSpec Spec { get; init => field = value ?? new PodSpec(); } = new();

    public PodStatus? Status { get; init; }
}

public sealed record PodTemplateSpec
{
    public ObjectMeta Metadata { get; init => field = value ?? new ObjectMeta(); } = new();

    public PodSpec Spec { get; init => field = value ?? new PodSpec(); } = new();
}

/// <summary>What a pod runs. Every field of Kubernetes' PodSpec is known; <c>Rules</c> says which are honoured.</summary>
public sealed record PodSpec
{
    public ValueList<Volume> Volumes { get; init; }

    public ValueList<Container> InitContainers { get; init; }

    public ValueList<Container> Containers { get; init; }

    public RawJson? EphemeralContainers { get; init; }

    /// <summary><c>Always</c>, <c>OnFailure</c> or <c>Never</c>; default Always.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>Seconds between SIGTERM and SIGKILL; default 30.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    public long? ActiveDeadlineSeconds { get; init; }

    public string? DnsPolicy { get; init; }

    public ValueMap<string> NodeSelector { get; init; }

    public string? ServiceAccountName { get; init; }

    public string? ServiceAccount { get; init; }

    public bool? AutomountServiceAccountToken { get; init; }

    /// <summary>The node the pod is bound to; set once.</summary>
    public string? NodeName { get; init; }

    public bool? HostNetwork { get; init; }

    public bool? HostPID { get; init; }

    public bool? HostIPC { get; init; }

    public bool? ShareProcessNamespace { get; init; }

    public PodSecurityContext? SecurityContext { get; init; }

    public ValueList<LocalObjectReference> ImagePullSecrets { get; init; }

    public string? Hostname { get; init; }

    public string? Subdomain { get; init; }

    public RawJson? Affinity { get; init; }

    public string? SchedulerName { get; init; }

    public ValueList<Toleration> Tolerations { get; init; }

    public RawJson? HostAliases { get; init; }

    public string? PriorityClassName { get; init; }

    public int? Priority { get; init; }

    public RawJson? DnsConfig { get; init; }

    public RawJson? ReadinessGates { get; init; }

    public string? RuntimeClassName { get; init; }

    public bool? EnableServiceLinks { get; init; }

    public string? PreemptionPolicy { get; init; }

    public RawJson? Overhead { get; init; }

    public RawJson? TopologySpreadConstraints { get; init; }

    public bool? SetHostnameAsFQDN { get; init; }

    public RawJson? Os { get; init; }

    public bool? HostUsers { get; init; }

    public RawJson? SchedulingGates { get; init; }

    public RawJson? ResourceClaims { get; init; }

    public ResourceRequirements? Resources { get; init; }

    public string? HostnameOverride { get; init; }

    public RawJson? WorkloadRef { get; init; }
}

public sealed record PodSecurityContext
{
    public RawJson? SeLinuxOptions { get; init; }

    public RawJson? WindowsOptions { get; init; }

    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public ValueList<long> SupplementalGroups { get; init; }

    public string? SupplementalGroupsPolicy { get; init; }

    public long? FsGroup { get; init; }

    public RawJson? Sysctls { get; init; }

    public string? FsGroupChangePolicy { get; init; }

    public RawJson? SeccompProfile { get; init; }

    public RawJson? AppArmorProfile { get; init; }

    public string? SeLinuxChangePolicy { get; init; }
}

public sealed record Toleration
{
    public string? Key { get; init; }

    public string? Operator { get; init; }

    public string? Value { get; init; }

    public string? Effect { get; init; }

    public long? TolerationSeconds { get; init; }
}

/// <summary>A volume: its name and one source. Sources are not looked into yet.</summary>
public sealed record Volume
{
    public string Name { get; init; } = "";

    public RawJson? HostPath { get; init; }

    public RawJson? EmptyDir { get; init; }

    public RawJson? GcePersistentDisk { get; init; }

    public RawJson? AwsElasticBlockStore { get; init; }

    public RawJson? GitRepo { get; init; }

    public RawJson? Secret { get; init; }

    public RawJson? Nfs { get; init; }

    public RawJson? Iscsi { get; init; }

    public RawJson? Glusterfs { get; init; }

    public RawJson? PersistentVolumeClaim { get; init; }

    public RawJson? Rbd { get; init; }

    public RawJson? FlexVolume { get; init; }

    public RawJson? Cinder { get; init; }

    public RawJson? Cephfs { get; init; }

    public RawJson? Flocker { get; init; }

    public RawJson? DownwardAPI { get; init; }

    public RawJson? Fc { get; init; }

    public RawJson? AzureFile { get; init; }

    public RawJson? ConfigMap { get; init; }

    public RawJson? VsphereVolume { get; init; }

    public RawJson? Quobyte { get; init; }

    public RawJson? AzureDisk { get; init; }

    public RawJson? PhotonPersistentDisk { get; init; }

    public RawJson? Projected { get; init; }

    public RawJson? PortworxVolume { get; init; }

    public RawJson? ScaleIO { get; init; }

    public RawJson? Storageos { get; init; }

    public RawJson? Csi { get; init; }

    public RawJson? Ephemeral { get; init; }

    public RawJson? Image { get; init; }
}

public sealed record PodStatus
{
    public long? ObservedGeneration { get; init; }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; init; }

    public ValueList<Condition> Conditions { get; init; }

    public string? Message { get; init; }

    public string? Reason { get; init; }

    public string? NominatedNodeName { get; init; }

    public string? HostIP { get; init; }

    public ValueList<HostIP> HostIPs { get; init; }

    public string? PodIP { get; init; }

    public ValueList<PodIP> PodIPs { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public ValueList<ContainerStatus> InitContainerStatuses { get; init; }

    public ValueList<ContainerStatus> ContainerStatuses { get; init; }

    public string? QosClass { get; init; }

    public RawJson? EphemeralContainerStatuses { get; init; }

    public string? Resize { get; init; }

    public RawJson? ResourceClaimStatuses { get; init; }

    public RawJson? ExtendedResourceClaimStatus { get; init; }

    public ValueMap<Quantity> AllocatedResources { get; init; }

    public ResourceRequirements? Resources { get; init; }
}

public sealed record PodIP
{
    public string? Ip { get; init; }
}

public sealed record HostIP
{
    public string? Ip { get; init; }
}

public sealed record ContainerStatus
{
    public string Name { get; init; } = "";

    public ContainerState? State { get; init; }

    public ContainerState? LastState { get; init; }

    public bool Ready { get; init; }

    public int RestartCount { get; init; }

    [WriteEmpty]
    public string Image { get; init; } = "";

    [WriteEmpty]
    public string ImageID { get; init; } = "";

    public string? ContainerID { get; init; }

    public bool? Started { get; init; }

    public ValueMap<Quantity> AllocatedResources { get; init; }

    public ResourceRequirements? Resources { get; init; }

    public RawJson? VolumeMounts { get; init; }

    public RawJson? User { get; init; }

    public RawJson? AllocatedResourcesStatus { get; init; }

    public string? StopSignal { get; init; }
}

/// <summary>One of its members is set.</summary>
public sealed record ContainerState
{
    public ContainerStateWaiting? Waiting { get; init; }

    public ContainerStateRunning? Running { get; init; }

    public ContainerStateTerminated? Terminated { get; init; }
}

public sealed record ContainerStateWaiting
{
    public string? Reason { get; init; }

    public string? Message { get; init; }
}

public sealed record ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; init; }
}

public sealed record ContainerStateTerminated
{
    public int ExitCode { get; init; }

    public int? Signal { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public string? ContainerID { get; init; }
}
