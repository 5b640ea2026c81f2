using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A file or folder of the node.</summary>
public sealed record HostPathVolumeSource
{
    /// <summary>Its path on the node.</summary>
    public string Path { get; init; } = "";

    /// <summary>
    /// What must be there: <c>Directory</c>, <c>File</c>, <c>Socket</c>, <c>CharDevice</c>, <c>BlockDevice</c>; or is made: <c>DirectoryOrCreate</c>,
    /// <c>FileOrCreate</c>. Default empty: whatever there is, a folder if there is nothing.
    /// </summary>
    [WriteEmpty]
    public string? Type { get; init; }
}

/// <summary>A folder that is empty at first and goes with the pod.</summary>
public sealed record EmptyDirVolumeSource
{
    /// <summary>Empty: the node's disk. <c>Memory</c>: a tmpfs.</summary>
    public string? Medium { get; init; }

    /// <summary>How many bytes a tmpfs has at most.</summary>
    public Quantity? SizeLimit { get; init; }
}

/// <summary>The values of a ConfigMap as files.</summary>
public sealed record ConfigMapVolumeSource
{
    /// <summary>The ConfigMap's name.</summary>
    public string? Name { get; init; }

    /// <summary>Which keys, as which files; default all, by their names.</summary>
    public ValueList<KeyToPath> Items { get; init; }

    /// <summary>The files' permission bits; default 0644.</summary>
    public int? DefaultMode { get; init; }

    /// <summary>True when the pod may start without it.</summary>
    public bool? Optional { get; init; }
}

/// <summary>The values of a Secret as files.</summary>
public sealed record SecretVolumeSource
{
    /// <summary>The Secret's name.</summary>
    public string? SecretName { get; init; }

    /// <summary>Which keys, as which files; default all, by their names.</summary>
    public ValueList<KeyToPath> Items { get; init; }

    /// <summary>The files' permission bits; default 0644.</summary>
    public int? DefaultMode { get; init; }

    /// <summary>True when the pod may start without it.</summary>
    public bool? Optional { get; init; }
}

/// <summary>A key and the file that it becomes.</summary>
public sealed record KeyToPath
{
    /// <summary>The key.</summary>
    public string Key { get; init; } = "";

    /// <summary>The file's path within the volume.</summary>
    public string Path { get; init; } = "";

    /// <summary>The file's permission bits; default the volume's.</summary>
    public int? Mode { get; init; }
}

/// <summary>Fields of the pod as files.</summary>
public sealed record DownwardAPIVolumeSource
{
    /// <summary>The files.</summary>
    public ValueList<DownwardAPIVolumeFile> Items { get; init; }

    /// <summary>The files' permission bits; default 0644.</summary>
    public int? DefaultMode { get; init; }
}

/// <summary>A field of the pod as a file.</summary>
public sealed record DownwardAPIVolumeFile
{
    /// <summary>The file's path within the volume.</summary>
    public string Path { get; init; } = "";

    /// <summary>metadata.name, metadata.namespace, metadata.uid, metadata.labels, metadata.annotations, or one key of the last two.</summary>
    public ObjectFieldSelector? FieldRef { get; init; }

    /// <summary>What a container asks for or is limited to.</summary>
    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    /// <summary>The file's permission bits; default the volume's.</summary>
    public int? Mode { get; init; }
}

/// <summary>Several sources in one folder; where two have a file of one path, the later one's.</summary>
public sealed record ProjectedVolumeSource
{
    /// <summary>The sources.</summary>
    public ValueList<VolumeProjection> Sources { get; init; }

    /// <summary>The files' permission bits; default 0644.</summary>
    public int? DefaultMode { get; init; }
}

/// <summary>One source of a projected volume.</summary>
public sealed record VolumeProjection
{
    /// <summary>A Secret's values.</summary>
    public SecretProjection? Secret { get; init; }

    /// <summary>Fields of the pod.</summary>
    public DownwardAPIProjection? DownwardAPI { get; init; }

    /// <summary>A ConfigMap's values.</summary>
    public ConfigMapProjection? ConfigMap { get; init; }

    public RawJson? ServiceAccountToken { get; init; }

    public RawJson? ClusterTrustBundle { get; init; }

    public RawJson? PodCertificate { get; init; }
}

/// <summary>A Secret's values within a projected volume.</summary>
public sealed record SecretProjection
{
    /// <summary>The Secret's name.</summary>
    public string? Name { get; init; }

    /// <summary>Which keys, as which files; default all, by their names.</summary>
    public ValueList<KeyToPath> Items { get; init; }

    /// <summary>True when the pod may start without it.</summary>
    public bool? Optional { get; init; }
}

/// <summary>A ConfigMap's values within a projected volume.</summary>
public sealed record ConfigMapProjection
{
    /// <summary>The ConfigMap's name.</summary>
    public string? Name { get; init; }

    /// <summary>Which keys, as which files; default all, by their names.</summary>
    public ValueList<KeyToPath> Items { get; init; }

    /// <summary>True when the pod may start without it.</summary>
    public bool? Optional { get; init; }
}

/// <summary>Fields of the pod within a projected volume.</summary>
public sealed record DownwardAPIProjection
{
    /// <summary>The files.</summary>
    public ValueList<DownwardAPIVolumeFile> Items { get; init; }
}
