using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Linux capabilities of a container, without <c>CAP_</c>; <c>ALL</c> means every one.</summary>
public sealed record Capabilities
{
    /// <summary>Had besides the runtime's own set.</summary>
    public ValueList<string> Add { get; init; }

    /// <summary>Taken from the runtime's own set.</summary>
    public ValueList<string> Drop { get; init; }
}

/// <summary>Which system calls are let through.</summary>
public sealed record SeccompProfile
{
    /// <summary><c>RuntimeDefault</c> or <c>Unconfined</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>A file of the node, with type Localhost.</summary>
    public string? LocalhostProfile { get; init; }
}
