using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A host that runs an agent.</summary>
public sealed record Node : Resource
{
    public NodeSpec? Spec { get; init; }

    public NodeStatus? Status { get; init; }
}

/// <summary>What people say about a node.</summary>
public sealed record NodeSpec
{
    /// <summary>The range of pod addresses; not used here.</summary>
    public string? PodCIDR { get; init; }

    /// <summary>The ranges of pod addresses; not used here.</summary>
    public ValueList<string> PodCIDRs { get; init; }

    /// <summary>The id that a machine provider gives the node; not used here.</summary>
    public string? ProviderID { get; init; }

    /// <summary>True when the node is cordoned: it keeps its pods and takes no new ones.</summary>
    public bool? Unschedulable { get; init; }

    /// <summary>Keep pods away that do not tolerate them.</summary>
    public ValueList<Taint> Taints { get; init; }

    public RawJson? ConfigSource { get; init; }

    public string? ExternalID { get; init; }
}

/// <summary>Keeps pods that do not tolerate it away from a node.</summary>
public sealed record Taint
{
    /// <summary>The key that a toleration names.</summary>
    public string Key { get; init; } = "";

    /// <summary>The value that a toleration may name.</summary>
    public string? Value { get; init; }

    /// <summary><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</summary>
    public string Effect { get; init; } = "";

    /// <summary>When a taint of effect NoExecute was added.</summary>
    public DateTimeOffset? TimeAdded { get; init; }
}

/// <summary>What a node's agent reports.</summary>
public sealed record NodeStatus
{
    /// <summary>All that the host has.</summary>
    public ValueMap<Quantity> Capacity { get; init; }

    /// <summary>What pods may request in all.</summary>
    public ValueMap<Quantity> Allocatable { get; init; }

    public string? Phase { get; init; }

    /// <summary>Ready says whether the agent reports; True, False or Unknown.</summary>
    public ValueList<Condition> Conditions { get; init; }

    /// <summary>Where the node is reached.</summary>
    public ValueList<NodeAddress> Addresses { get; init; }

    public RawJson? DaemonEndpoints { get; init; }

    /// <summary>The host's system.</summary>
    public NodeSystemInfo? NodeInfo { get; init; }

    /// <summary>The images that the node has.</summary>
    public ValueList<ContainerImage> Images { get; init; }

    public ValueList<string> VolumesInUse { get; init; }

    public RawJson? VolumesAttached { get; init; }

    public RawJson? Config { get; init; }

    public RawJson? RuntimeHandlers { get; init; }

    public RawJson? Features { get; init; }

    public ValueList<string> DeclaredFeatures { get; init; }
}

/// <summary>An address of a node.</summary>
public sealed record NodeAddress
{
    /// <summary><c>InternalIP</c>, <c>ExternalIP</c> or <c>Hostname</c>.</summary>
    public string Type { get; init; } = "";

    public string Address { get; init; } = "";
}

/// <summary>The system that a node runs.</summary>
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

/// <summary>An image on a node.</summary>
public sealed record ContainerImage
{
    public ValueList<string> Names { get; init; }

    public long? SizeBytes { get; init; }
}
