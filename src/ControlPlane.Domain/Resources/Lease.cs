using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Something that one holder has at a time, for as long as it renews it: how programs elect a leader among themselves.</summary>
public sealed record Lease : Resource
{
    /// <summary>Who holds it, and since when.</summary>
    public LeaseSpec Spec { get; init => field = value ?? new LeaseSpec(); } = new();
}

/// <summary>Who holds a lease.</summary>
public sealed record LeaseSpec
{
    /// <summary>The holder; absent or empty: nobody.</summary>
    public string? HolderIdentity { get; init; }

    /// <summary>Seconds after the last renewal in which others leave the lease to its holder.</summary>
    public int? LeaseDurationSeconds { get; init; }

    /// <summary>When the holder got it.</summary>
    public MicroTime? AcquireTime { get; init; }

    /// <summary>When the holder renewed it last.</summary>
    public MicroTime? RenewTime { get; init; }

    /// <summary>How often it has passed from one holder to another.</summary>
    public int? LeaseTransitions { get; init; }

    public string? Strategy { get; init; }

    public string? PreferredHolder { get; init; }
}
