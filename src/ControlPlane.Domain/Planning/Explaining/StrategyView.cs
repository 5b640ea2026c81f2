using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>How far a policy's canary or blue-green has come.</summary>
public sealed record StrategyView
{
    /// <summary>Canary or BlueGreen.</summary>
    public string Type { get; init; } = "";

    /// <summary>The policy's name.</summary>
    public string Policy { get; init; } = "";

    /// <summary>Idle while no revision is on its way; else where it stands, in one word.</summary>
    public string Phase { get; init; } = "";

    /// <summary>The ReplicaSet that the requests go back to.</summary>
    public string? Stable { get; init; }

    /// <summary>The ReplicaSet that is on its way.</summary>
    public string? Canary { get; init; }

    /// <summary>The step it is at, from 0; as many as there are: past all of them.</summary>
    public int? Step { get; init; }

    /// <summary>How many steps there are.</summary>
    public int? Steps { get; init; }

    /// <summary>Per cent of the requests that the new revision gets now.</summary>
    public decimal? Weight { get; init; }

    /// <summary>Of the requests or, without a Service, of the pods.</summary>
    public string? WeightOf { get; init; }

    /// <summary>What the last window of an analysis came to, or why it goes back.</summary>
    public string? Message { get; init; }
}

/// <summary>Makes the view of a canary or blue-green from what is stored.</summary>
internal static class StrategyViews
{
    /// <summary>Null where no policy has a strategy.</summary>
    public static StrategyView? Of(WorkloadSnapshot snapshot)
    {
        if (snapshot.Policy.Policy is not { Spec.Strategy: { } strategy } policy)
        {
            return null;
        }

        StrategyView idle = new() { Type = strategy.Type ?? "", Policy = policy.Name, Phase = "Idle" };
        return snapshot.State?.Spec is not { } state ? idle : idle with
        {
            Phase = state.Phase,
            Stable = state.Stable,
            Canary = state.Canary,
            Step = state.Step,
            Steps = state.Steps,
            Weight = WeightOf(state),
            WeightOf = state.Traffic.IsEmpty ? "pods" : "requests",
            Message = state.Message ?? state.Analysis?.Last,
        };
    }

    /// <summary>In per cent.</summary>
    public static decimal WeightOf(RolloutStateSpec state) => state.WeightPerMille * 100m / TrafficShare.Whole;
}
