using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;
using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Using;

/// <summary>Policies of every kind of step, in any order that the product accepts.</summary>
internal static class JudgedReleases
{
    private const int StepsMax = 6;

    /// <summary>Gateways report every 3 s, and 5 s is the shortest that a policy may ask for.</summary>
    private const int WindowSeconds = 5;

    private static readonly AnalysisMargins HalfAsGood = new() { SuccessRate = 50 };

    /// <summary>A strategy for the Deployment and the Service of a name.</summary>
    public static RolloutStrategy Draw(Dice dice, string name)
    {
        RolloutStrategy strategy;
        do
        {
            strategy = dice.Chance(0.7) ? Canary(dice, name) : BlueGreen(dice, name);
        }
        while (!IsAccepted(strategy));
        return strategy;
    }

    private static RolloutStrategy Canary(Dice dice, string name) => new()
    {
        Type = RolloutStrategy.CanaryType,
        Canary = new CanaryStrategy { Service = name, Steps = [.. Enumerable.Range(0, dice.Between(2, StepsMax)).Select(_ => Step(dice))] },
    };

    private static RolloutStrategy BlueGreen(Dice dice, string name) => new()
    {
        Type = RolloutStrategy.BlueGreenType,
        BlueGreen = new BlueGreenStrategy
        {
            ActiveService = name,
            PreviewReplicaCount = dice.Chance(0.3) ? 1 : null,
            AutoPromotionSeconds = dice.Below(3),
            ScaleDownDelaySeconds = dice.Between(0, 8),
            PostPromotionAnalysis = dice.Chance(0.7) ? Analysis(dice) : null,
        },
    };

    private static CanaryStep Step(Dice dice) => dice.Below(10) switch
    {
        < 4 => new CanaryStep { SetWeight = dice.Of<decimal>([0, 10, 33.3m, 50, 100]) },
        4 => new CanaryStep { Pause = new PauseStep { Duration = dice.Between(1, 3) } },
        5 => new CanaryStep { SetCanaryScale = Scale(dice) },
        6 => new CanaryStep { SetHeaderRoute = Route(dice) },
        _ => new CanaryStep { Analysis = Analysis(dice) },
    };

    private static CanaryScale Scale(Dice dice) => dice.Below(3) switch
    {
        0 => new CanaryScale { Replicas = dice.Between(0, 2) },
        1 => new CanaryScale { Weight = dice.Of([0, 25, 100]) },
        _ => new CanaryScale { MatchTrafficWeight = true },
    };

    /// <summary>One that testers' requests take, or the end of it.</summary>
    private static HeaderRouteStep Route(Dice dice) => new()
    {
        Name = "testers",
        Match = dice.Chance(0.8) ? [new HeaderRouteMatch { HeaderName = "x-tester", HeaderValue = new StringMatch { Exact = "true" } }] : [],
    };

    private static AnalysisStep Analysis(Dice dice) => new()
    {
        Interval = WindowSeconds,
        Count = dice.Between(1, 2),
        SuccessRate = dice.Chance(0.7) ? 75 : null,
        LatencyP95 = "1s",
        AgainstStable = dice.Chance(0.4) ? HalfAsGood : null,
    };

    /// <summary>What can never come to an end is no release: an analysis that sees no requests, and one of a canary without pods.</summary>
    private static bool IsAccepted(RolloutStrategy strategy) =>
        !HasAnalysisWithoutPods(strategy.Canary?.Steps ?? default) && !ResourceRules.ValidateCreate(new RolloutPolicy
        {
            ApiVersion = ResourceKinds.RolloutPolicy.ApiVersion,
            Kind = ResourceKinds.RolloutPolicy.Kind,
            Metadata = new ObjectMeta { Name = "drawn", Namespace = "default" },
            Spec = new RolloutPolicySpec { Selector = new LabelSelector(), Strategy = strategy },
        }).Any();

    private static bool HasAnalysisWithoutPods(ValueList<CanaryStep> steps)
    {
        decimal weight = 0;
        CanaryScale? scale = null;
        foreach (CanaryStep step in steps)
        {
            weight = step.SetWeight ?? weight;
            scale = step.SetCanaryScale ?? scale;
            bool isEmpty = scale is { Replicas: 0 } or { Weight: 0 } || (weight == 0 && scale is null or { MatchTrafficWeight: true });
            if (step.Analysis is not null && isEmpty)
            {
                return true;
            }
        }

        return false;
    }
}
