using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A scope for names: objects of one namespace are apart from those of another.</summary>
public sealed record Namespace : Resource
{
    public NamespaceSpec? Spec { get; init; }

    public NamespaceStatus? Status { get; init; }
}

/// <summary>What holds a namespace that is being deleted.</summary>
public sealed record NamespaceSpec
{
    /// <summary>Names of those who must agree before a deleted namespace goes.</summary>
    public ValueList<string> Finalizers { get; init; }
}

/// <summary>What became of a namespace.</summary>
public sealed record NamespaceStatus
{
    /// <summary><c>Active</c> or <c>Terminating</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>Why a namespace that is being deleted is still there.</summary>
    public ValueList<Condition> Conditions { get; init; }
}
