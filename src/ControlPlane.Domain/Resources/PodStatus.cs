using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>What a pod is, as its node reports it.</summary>
public sealed record PodStatus
{
    public long? ObservedGeneration { get; init; }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>PodScheduled, Initialized, ContainersReady, Ready.</summary>
    public ValueList<Condition> Conditions { get; init; }

    /// <summary>Why it is so, for people.</summary>
    public string? Message { get; init; }

    /// <summary>Why it is so, for programs.</summary>
    public string? Reason { get; init; }

    public string? NominatedNodeName { get; init; }

    /// <summary>The address of its node.</summary>
    public string? HostIP { get; init; }

    public ValueList<HostIP> HostIPs { get; init; }

    /// <summary>The address of the pod.</summary>
    public string? PodIP { get; init; }

    public ValueList<PodIP> PodIPs { get; init; }

    /// <summary>When its node took it on.</summary>
    public DateTimeOffset? StartTime { get; init; }

    public ValueList<ContainerStatus> InitContainerStatuses { get; init; }

    /// <summary>The state of each container.</summary>
    public ValueList<ContainerStatus> ContainerStatuses { get; init; }

    /// <summary>Guaranteed, Burstable or BestEffort.</summary>
    public string? QosClass { get; init; }

    public RawJson? EphemeralContainerStatuses { get; init; }

    public string? Resize { get; init; }

    public RawJson? ResourceClaimStatuses { get; init; }

    public RawJson? ExtendedResourceClaimStatus { get; init; }

    public ValueMap<Quantity> AllocatedResources { get; init; }

    public ResourceRequirements? Resources { get; init; }

    /// <summary>Ours: why the pod fits on no node, of which the condition <c>PodScheduled</c> says the same in a sentence; absent once it has a node.</summary>
    [JsonPropertyName("controlplane.dev/unschedulable")]
    public Unschedulable? Unschedulable { get; init; }

    /// <summary>Ours: where the containers' ports are published on the node. An endpoint is <see cref="HostIP"/> and one of these.</summary>
    [JsonPropertyName("controlplane.dev/hostPorts")]
    public ValueList<HostPort> HostPorts { get; init; }
}

/// <summary>A container's port and the port of the node's address that leads to it.</summary>
public sealed record HostPort
{
    /// <summary>The container's name.</summary>
    public string Container { get; init; } = "";

    public int ContainerPort { get; init; }

    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>The port on the node's address.</summary>
    [JsonPropertyName("hostPort")]
    public int Port { get; init; }
}

public sealed record PodIP
{
    public string? Ip { get; init; }
}

public sealed record HostIP
{
    public string? Ip { get; init; }
}

/// <summary>The state of a container.</summary>
public sealed record ContainerStatus
{
    public string Name { get; init; } = "";

    /// <summary>The state now.</summary>
    public ContainerState? State { get; init; }

    /// <summary>How the instance before this one ended.</summary>
    public ContainerState? LastState { get; init; }

    /// <summary>Whether it passes its readiness probe.</summary>
    public bool Ready { get; init; }

    /// <summary>How often it was restarted.</summary>
    public int RestartCount { get; init; }

    /// <summary>The image it runs.</summary>
    [WriteEmpty]
    public string Image { get; init; } = "";

    /// <summary>The image's id.</summary>
    [WriteEmpty]
    public string ImageID { get; init; } = "";

    /// <summary>The runtime's id, as docker://… or process://….</summary>
    public string? ContainerID { get; init; }

    /// <summary>Whether its startup probe has passed.</summary>
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

/// <summary>Not running yet, and why.</summary>
public sealed record ContainerStateWaiting
{
    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>Running.</summary>
public sealed record ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; init; }
}

/// <summary>Ended, and how.</summary>
public sealed record ContainerStateTerminated
{
    /// <summary>The exit code.</summary>
    public int ExitCode { get; init; }

    public int? Signal { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public string? ContainerID { get; init; }
}
