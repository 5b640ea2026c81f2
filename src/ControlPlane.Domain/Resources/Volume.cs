using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Files that the containers of a pod can have: a name and one source.</summary>
public sealed record Volume
{
    public string Name { get; init; } = "";

    /// <summary>A file or folder of the node.</summary>
    public HostPathVolumeSource? HostPath { get; init; }

    /// <summary>A folder that is empty at first and goes with the pod.</summary>
    public EmptyDirVolumeSource? EmptyDir { get; init; }

    public RawJson? GcePersistentDisk { get; init; }

    public RawJson? AwsElasticBlockStore { get; init; }

    public RawJson? GitRepo { get; init; }

    /// <summary>A Secret's values as files.</summary>
    public SecretVolumeSource? Secret { get; init; }

    public RawJson? Nfs { get; init; }

    public RawJson? Iscsi { get; init; }

    public RawJson? Glusterfs { get; init; }

    public RawJson? PersistentVolumeClaim { get; init; }

    public RawJson? Rbd { get; init; }

    public RawJson? FlexVolume { get; init; }

    public RawJson? Cinder { get; init; }

    public RawJson? Cephfs { get; init; }

    public RawJson? Flocker { get; init; }

    /// <summary>Fields of the pod as files.</summary>
    public DownwardAPIVolumeSource? DownwardAPI { get; init; }

    public RawJson? Fc { get; init; }

    public RawJson? AzureFile { get; init; }

    /// <summary>A ConfigMap's values as files.</summary>
    public ConfigMapVolumeSource? ConfigMap { get; init; }

    public RawJson? VsphereVolume { get; init; }

    public RawJson? Quobyte { get; init; }

    public RawJson? AzureDisk { get; init; }

    public RawJson? PhotonPersistentDisk { get; init; }

    /// <summary>Several of these in one folder.</summary>
    public ProjectedVolumeSource? Projected { get; init; }

    public RawJson? PortworxVolume { get; init; }

    public RawJson? ScaleIO { get; init; }

    public RawJson? Storageos { get; init; }

    public RawJson? Csi { get; init; }

    public RawJson? Ephemeral { get; init; }

    public RawJson? Image { get; init; }
}

/// <summary>Where a volume appears in a container.</summary>
public sealed record VolumeMount
{
    /// <summary>The volume's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>True when the container may not write there. It never may where the files come from other objects.</summary>
    public bool? ReadOnly { get; init; }

    public string? RecursiveReadOnly { get; init; }

    /// <summary>Where the container sees the volume; no colon.</summary>
    public string MountPath { get; init; } = "";

    /// <summary>The file or folder within the volume; default all of it.</summary>
    public string? SubPath { get; init; }

    public string? MountPropagation { get; init; }

    /// <summary>As subPath, with the container's variables as <c>$(NAME)</c>.</summary>
    public string? SubPathExpr { get; init; }
}
