namespace ControlPlane.Domain.Resources;

/// <summary>Gives a pod that has no node yet to one.</summary>
public sealed record Binding : Resource
{
    /// <summary>The node: its <c>name</c>; a <c>kind</c> is <c>Node</c> or absent.</summary>
    public ObjectReference Target { get; init; } = new();
}
