using System.Globalization;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>What a canary or blue-green waits for, and what is wrong with its policy.</summary>
internal static class ReleaseBlockers
{
    public static IEnumerable<Blocker> OfPolicy(WorkloadSnapshot snapshot)
    {
        if (snapshot.Policy.IsConflict)
        {
            yield return new Blocker
            {
                Reason = PolicyChoice.ConflictType,
                Message = snapshot.Policy.ConflictMessage,
                Since = Conditions.Find(snapshot.Deployment?.Status?.Conditions ?? default, PolicyChoice.ConflictType)?.LastTransitionTime,
            };
        }
    }

    public static IEnumerable<Blocker> Of(RolloutStateSpec state, WorkloadSnapshot snapshot)
    {
        string where = $"step {state.Step} of {state.Steps} of policy {state.Policy}";
        switch (state.Phase)
        {
            case RolloutPhases.WaitingForPromotion:
                yield return new Blocker { Reason = state.Phase, Message = $"{where} waits until it is promoted", Since = state.Since };
                break;
            case RolloutPhases.Paused:
                yield return new Blocker { Reason = "RolloutPaused", Message = $"{where} waits for its time to pass", Since = state.Since };
                break;
            case RolloutPhases.Analyzing when state.Analysis is { IsInconclusive: true } analysis:
                yield return new Blocker { Reason = "Inconclusive", Message = $"{where}: {analysis.Last}", Since = state.Since };
                break;
            case RolloutPhases.Analyzing:
                yield return new Blocker { Reason = state.Phase, Message = $"{where} judges what the gateways see; {state.Analysis?.Good ?? 0} windows were good", Since = state.Since };
                break;
        }

        if (IsByPods(state, snapshot))
        {
            yield return new Blocker { Reason = "NoService", Message = $"policy {state.Policy} names no Service: {ShareByPods(state, snapshot)}" };
        }

        foreach (string service in ForeignTo(state, snapshot))
        {
            yield return new Blocker
            {
                Reason = ForeignServices.Reason,
                Message = $"policy {state.Policy} names Service {service}, which selects no pods of this Deployment: its requests are not divided, and this Deployment's follow the numbers of pods",
            };
        }

        foreach (ServiceTraffic traffic in state.Traffic)
        {
            if (snapshot.ServiceOf is { } serviceOf && serviceOf(traffic.Service) is null)
            {
                yield return new Blocker { Reason = "ServiceNotFound", Message = $"policy {state.Policy} divides the requests of Service {traffic.Service}, which does not exist" };
            }
            else if (snapshot.SelectedBy?.Invoke(traffic.Service) is { } selected && SharedServices.ProblemFor(snapshot.Deployment!, traffic.Service, selected) is { } problem)
            {
                yield return new Blocker { Reason = SharedServices.Reason, Message = problem };
            }
        }
    }

    /// <summary>
    /// What a canary gets where nothing divides the requests: its pods come on top of all stable ones, so a weight of 10% is 1 pod beside 10, which is 1 ÷ 11, about 9.1%. Past its steps the numbers change with every pod.
    /// </summary>
    private static string ShareByPods(RolloutStateSpec state, WorkloadSnapshot snapshot)
    {
        int replicas = snapshot.Deployment?.Spec.Replicas ?? 1;
        int size = CanarySteps.Size(snapshot.Policy.Policy!.Spec.Strategy!.Canary!, state.Step, replicas);
        string share = (100m * size / Math.Max(1, replicas + size)).ToString("0.#", CultureInfo.InvariantCulture);
        return state.Step >= state.Steps
            ? "the share of requests follows the number of pods"
            : $"the share of requests follows the number of pods, about {share}% with {size} of the new revision beside {replicas} of the stable one";
    }

    private static ValueList<string> ForeignTo(RolloutStateSpec state, WorkloadSnapshot snapshot) =>
        snapshot.Policy.Policy is { } policy && policy.Name == state.Policy ? ForeignServices.Of(policy.Spec, snapshot.Deployment!, snapshot.ServiceOf) : [];

    private static bool IsByPods(RolloutStateSpec state, WorkloadSnapshot snapshot) =>
        snapshot.Policy.Policy is { Name: var name, Spec.Strategy.Canary: { Service: null } } && name == state.Policy;
}
