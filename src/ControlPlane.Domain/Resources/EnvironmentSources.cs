namespace ControlPlane.Domain.Resources;

/// <summary>Variables from all keys of a ConfigMap or a Secret; one of the two.</summary>
public sealed record EnvFromSource
{
    /// <summary>Put before each key to make the variable's name.</summary>
    public string? Prefix { get; init; }

    /// <summary>A ConfigMap of the pod's namespace.</summary>
    public ConfigMapEnvSource? ConfigMapRef { get; init; }

    /// <summary>A Secret of the pod's namespace.</summary>
    public SecretEnvSource? SecretRef { get; init; }
}

/// <summary>Names a ConfigMap whose keys become variables.</summary>
public sealed record ConfigMapEnvSource
{
    /// <summary>The ConfigMap's name.</summary>
    public string? Name { get; init; }

    /// <summary>True when the container may start without it.</summary>
    public bool? Optional { get; init; }
}

/// <summary>Names a Secret whose keys become variables.</summary>
public sealed record SecretEnvSource
{
    /// <summary>The Secret's name.</summary>
    public string? Name { get; init; }

    /// <summary>True when the container may start without it.</summary>
    public bool? Optional { get; init; }
}

/// <summary>Names a key of a ConfigMap.</summary>
public sealed record ConfigMapKeySelector
{
    /// <summary>The ConfigMap's name.</summary>
    public string? Name { get; init; }

    /// <summary>The key, of <c>data</c>.</summary>
    public string Key { get; init; } = "";

    /// <summary>True when the variable may be missing.</summary>
    public bool? Optional { get; init; }
}

/// <summary>Names a key of a Secret.</summary>
public sealed record SecretKeySelector
{
    /// <summary>The Secret's name.</summary>
    public string? Name { get; init; }

    /// <summary>The key.</summary>
    public string Key { get; init; } = "";

    /// <summary>True when the variable may be missing.</summary>
    public bool? Optional { get; init; }
}
