using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>How evenly pods are to be spread over the places that a label of nodes tells apart.</summary>
public sealed record TopologySpreadConstraint
{
    /// <summary>How many pods more than the emptiest place any may have; at least 1.</summary>
    public int MaxSkew { get; init; }

    /// <summary>Nodes whose label of this name has the same value are one place.</summary>
    public string TopologyKey { get; init; } = "";

    /// <summary>DoNotSchedule or ScheduleAnyway.</summary>
    public string WhenUnsatisfiable { get; init; } = "";

    /// <summary>Which pods of the namespace are counted; absent: none.</summary>
    public LabelSelector? LabelSelector { get; init; }

    /// <summary>With fewer places than this the emptiest counts as having none; default 1.</summary>
    public int? MinDomains { get; init; }

    /// <summary>Honor: only nodes that the pod's node selector and affinity match are places; Ignore: all. Default Honor.</summary>
    public string? NodeAffinityPolicy { get; init; }

    /// <summary>Honor: only nodes that are not tainted against the pod are places; Ignore: all. Default Ignore.</summary>
    public string? NodeTaintsPolicy { get; init; }

    /// <summary>Labels in which the counted pods must be like the one that is placed.</summary>
    public ValueList<string> MatchLabelKeys { get; init; }
}
