using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Names what a container asks for or is limited to.</summary>
public sealed record ResourceFieldSelector
{
    /// <summary>The container; a variable's own by default. A file must name one.</summary>
    public string? ContainerName { get; init; }

    /// <summary><c>limits.cpu</c>, <c>limits.memory</c>, <c>requests.cpu</c> or <c>requests.memory</c>.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The unit that the value is given in, rounded up: for cpu <c>1</c> or <c>1m</c>, for memory <c>1</c>, <c>1k</c>, <c>1Ki</c>, …; default 0, which means 1.</summary>
    public Quantity? Divisor { get; init; }
}
