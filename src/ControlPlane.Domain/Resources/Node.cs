using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A host that runs an agent.</summary>
public sealed record Node : Resource
{
    public NodeSpec? Spec { get; init; }

    public NodeStatus? Status { get; init; }
}

public sealed record NodeSpec
{
    public string? PodCIDR { get; init; }

    public ValueList<string> PodCIDRs { get; init; }

    public string? ProviderID { get; init; }

    /// <summary>True when the node is cordoned: it keeps its pods and takes no new ones.</summary>
    public bool? Unschedulable { get; init; }

    public ValueList<Taint> Taints { get; init; }

    public RawJson? ConfigSource { get; init; }

    public string? ExternalID { get; init; }
}

public sealed record Taint
{
    public string Key { get; init; } = "";

    public string? Value { get; init; }

    /// <summary><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</summary>
    public string Effect { get; init; } = "";

    public DateTimeOffset? TimeAdded { get; init; }
}

public sealed record NodeStatus
{
    public ValueMap<Quantity> Capacity { get; init; }

    /// <summary>What pods may request in all.</summary>
    public ValueMap<Quantity> Allocatable { get; init; }

    public string? Phase { get; init; }

    public ValueList<Condition> Conditions { get; init; }

    public ValueList<NodeAddress> Addresses { get; init; }

    public RawJson? DaemonEndpoints { get; init; }

    public NodeSystemInfo? NodeInfo { get; init; }

    public ValueList<ContainerImage> Images { get; init; }

    public ValueList<string> VolumesInUse { get; init; }

    public RawJson? VolumesAttached { get; init; }

    public RawJson? Config { get; init; }

    public RawJson? RuntimeHandlers { get; init; }

    public RawJson? Features { get; init; }

    public ValueList<string> DeclaredFeatures { get; init; }
}

public sealed record NodeAddress
{
    /// <summary><c>InternalIP</c>, <c>ExternalIP</c> or <c>Hostname</c>.</summary>
    public string Type { get; init; } = "";

    public string Address { get; init; } = "";
}

public sealed record NodeSystemInfo
{
    [WriteEmpty]
    public string MachineID { get; init; } = "";

    [WriteEmpty]
    public string SystemUUID { get; init; } = "";

    [WriteEmpty]
    public string BootID { get; init; } = "";

    public string KernelVersion { get; init; } = "";

    public string OsImage { get; init; } = "";

    public string ContainerRuntimeVersion { get; init; } = "";

    public string KubeletVersion { get; init; } = "";

    [WriteEmpty]
    public string KubeProxyVersion { get; init; } = "";

    public string OperatingSystem { get; init; } = "";

    public string Architecture { get; init; } = "";

    public RawJson? Swap { get; init; }
}

public sealed record ContainerImage
{
    public ValueList<string> Names { get; init; }

    public long? SizeBytes { get; init; }
}
