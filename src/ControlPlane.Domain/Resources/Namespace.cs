using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

public sealed record Namespace : Resource
{
    public NamespaceSpec? Spec { get; init; }

    public NamespaceStatus? Status { get; init; }
}

public sealed record NamespaceSpec
{
    public ValueList<string> Finalizers { get; init; }
}

public sealed record NamespaceStatus
{
    /// <summary><c>Active</c> or <c>Terminating</c>.</summary>
    public string? Phase { get; init; }

    public ValueList<Condition> Conditions { get; init; }
}
