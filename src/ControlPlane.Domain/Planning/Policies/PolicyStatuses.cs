using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Planning.Policies;

/// <summary>What a policy's status says: which Deployments it is for, where they stand, and whether another claims them alike.</summary>
public static class PolicyStatuses
{
    /// <summary>The condition that tells whether a policy is the one for each of its Deployments.</summary>
    public const string Accepted = "Accepted";

    /// <summary>Rollouts that one status lists.</summary>
    public const int RolloutsMax = 50;

    /// <summary>Names that one message lists.</summary>
    private const int NamesMax = 5;

    /// <param name="policy">The policy.</param>
    /// <param name="policies">All of its namespace.</param>
    /// <param name="deployments">All of its namespace.</param>
    /// <param name="stateOf">How far a Deployment's canary or blue-green has come; null while none is on its way.</param>
    /// <param name="now">The time of the pass.</param>
    /// <param name="serviceOf">A Service of its namespace by name; null: none is known.</param>
    public static Plan Plan(
        RolloutPolicy policy,
        IReadOnlyCollection<RolloutPolicy> policies,
        IReadOnlyCollection<Deployment> deployments,
        Func<Deployment, RolloutState?> stateOf,
        DateTimeOffset now,
        Func<string, Service?>? serviceOf = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(stateOf);
        List<(Deployment Deployment, PolicyChoice Choice)> own = [.. deployments
            .Select(deployment => (deployment, PolicyChoice.Of(deployment, policies)))
            .Where(pair => pair.Item2.Candidates.Any(candidate => candidate.Uid == policy.Uid))
            .OrderBy(pair => pair.deployment.Name, StringComparer.Ordinal)];
        Condition accepted = AcceptedOf(policy, [.. own.Where(pair => pair.Choice.IsConflict)], now);
        RolloutPolicyStatus status = new()
        {
            ObservedGeneration = policy.Metadata.Generation,
            Deployments = own.Count,
            Rollouts = [.. own.Select(pair => stateOf(pair.Deployment)).OfType<RolloutState>().Where(state => state.Spec.Policy == policy.Name).Take(RolloutsMax).Select(Told)],
            Conditions = [accepted, .. OfServices(policy, serviceOf ?? (static _ => null), deployments, [.. own.Select(pair => pair.Deployment)], now)],
        };
        return status == policy.Status
            ? Planning.Plan.Nothing
            : new Plan { Preconditions = [Precondition.DesiredUnchanged.Of(policy)], Writes = [new Write.Update(policy with { Status = status }, ResourceParts.Status)] };
    }

    private static Condition AcceptedOf(RolloutPolicy policy, List<(Deployment Deployment, PolicyChoice Choice)> conflicts, DateTimeOffset now)
    {
        string others = string.Join(", ", conflicts
            .SelectMany(pair => pair.Choice.Candidates).Where(other => other.Uid != policy.Uid).Select(other => other.Name).Distinct(StringComparer.Ordinal).Take(NamesMax));
        string names = string.Join(", ", conflicts.Select(pair => pair.Deployment.Name).Take(NamesMax));
        Condition condition = new()
        {
            Type = Accepted,
            Status = conflicts.Count == 0 ? "True" : "False",
            Reason = conflicts.Count == 0 ? Accepted : PolicyChoice.ConflictType,
            Message = conflicts.Count == 0 ? null : $"{others}: as specific for {names}; nothing of it rolls until one of them is",
            ObservedGeneration = policy.Metadata.Generation,
            LastTransitionTime = now,
        };
        return Since(policy, condition);
    }

    /// <summary>What is wrong with the Services that it names. There only while it is so: the policy is followed all the same.</summary>
    private static IEnumerable<Condition> OfServices(
        RolloutPolicy policy, Func<string, Service?> serviceOf, IReadOnlyCollection<Deployment> deployments, IReadOnlyCollection<Deployment> own, DateTimeOffset now)
    {
        (string Type, string? Problem)[] all =
        [
            (SharedServices.Reason, SharedServices.ProblemOf(policy.Spec, serviceOf, deployments)),
            (ForeignServices.Reason, ForeignServices.ProblemOf(policy.Spec, serviceOf, own)),
        ];
        return all.Where(one => one.Problem is not null).Select(one => Since(policy, new Condition
        {
            Type = one.Type,
            Status = "True",
            Reason = one.Type,
            Message = one.Problem,
            ObservedGeneration = policy.Metadata.Generation,
            LastTransitionTime = now,
        }));
    }

    private static Condition Since(RolloutPolicy policy, Condition condition)
    {
        Condition? known = Conditions.Find(policy.Status?.Conditions ?? default, condition.Type);
        return known?.Status == condition.Status ? condition with { LastTransitionTime = known.LastTransitionTime } : condition;
    }

    private static PolicyRollout Told(RolloutState state) => new()
    {
        Deployment = state.Spec.Deployment,
        Revision = state.Spec.Revision,
        Stable = state.Spec.Stable,
        Canary = state.Spec.Canary,
        Phase = state.Spec.Phase,
        Step = state.Spec.Step,
        Steps = state.Spec.Steps,
        Weight = StrategyViews.WeightOf(state.Spec),
    };
}
