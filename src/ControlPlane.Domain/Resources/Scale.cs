namespace ControlPlane.Domain.Resources;

/// <summary>The <c>scale</c> subresource (group <c>autoscaling/v1</c>).</summary>
public sealed record Scale : Resource
{
    public ScaleSpec Spec { get; init => field = value ?? new ScaleSpec(); } = new();

    public ScaleStatus? Status { get; init; }
}

/// <summary>The number that is wanted.</summary>
public sealed record ScaleSpec
{
    /// <summary>How many pods.</summary>
    public int? Replicas { get; init; }
}

/// <summary>The number that is there.</summary>
public sealed record ScaleStatus
{
    /// <summary>How many pods are there.</summary>
    [WriteEmpty]
    public int Replicas { get; init; }

    /// <summary>The pods' label selector as a query string.</summary>
    public string? Selector { get; init; }
}
