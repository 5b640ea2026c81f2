namespace ControlPlane.Domain.Resources;

/// <summary>The <c>scale</c> subresource (group <c>autoscaling/v1</c>).</summary>
public sealed record Scale : Resource
{
    public ScaleSpec Spec { get; init => field = value ?? new ScaleSpec(); } = new();

    public ScaleStatus? Status { get; init; }
}

public sealed record ScaleSpec
{
    public int? Replicas { get; init; }
}

public sealed record ScaleStatus
{
    [WriteEmpty]
    public int Replicas { get; init; }

    /// <summary>The pods' label selector as a query string.</summary>
    public string? Selector { get; init; }
}
