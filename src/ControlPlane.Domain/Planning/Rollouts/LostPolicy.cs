using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// A release whose policy is deleted, is renamed, is for its Deployment no longer, or has no strategy any more. What has not been through its steps is not promoted by that: it stands, with the
/// requests at the stable revision, until there is such a policy again, or its user promotes it in full, gives it up or declares another template.
/// </summary>
internal static class LostPolicy
{
    /// <summary>The blocker, and the reason of the condition Progressing, that say so.</summary>
    public const string Reason = "PolicyNotFound";

    /// <summary>
    /// What stands in the policy's place for as long as the release lasts, as far as its record tells; null when nothing lacks one. Past its steps a release goes on by the record alone, unless another template ends it.
    /// </summary>
    public static RolloutPolicy? StandIn(Rollout rollout, WorkloadSnapshot snapshot)
    {
        if (snapshot.Policy.IsConflict || snapshot.Policy.Policy?.Spec.Strategy is not null || snapshot.State?.Spec is not { } state)
        {
            return null;
        }

        bool isFinishing = state.Step >= state.Steps && state.Phase != RolloutPhases.Aborted;
        return isFinishing && rollout.New?.Name != state.Canary ? null : new RolloutPolicy
        {
            Metadata = new() { Name = state.Policy, Namespace = rollout.Deployment.Namespace },
            Spec = new RolloutPolicySpec { Strategy = StrategyOf(state) },
        };
    }

    /// <summary>Whether a release that lacks its policy stands: it is before its end, and its user has decided nothing.</summary>
    public static bool Holds(Rollout rollout, WorkloadSnapshot snapshot) =>
        snapshot.State?.Spec is { Phase: not RolloutPhases.Aborted } state && state.Step < state.Steps && StandIn(rollout, snapshot) is not null
        && rollout.New?.Name == state.Canary && !Trial.IsGivenUp(rollout) && !RolloutRequests.IsPromotedInFull(rollout.Deployment, state.Revision);

    /// <summary>
    /// As it stands: every pod is kept, and a canary gets no requests, for nobody says any longer how many it may have. A blue-green's stay where they are: at the active revision or, once it is promoted, at the new one.
    /// No step's time passes: a pause of 60 s that has stood for 59 of them begins anew with the policy that comes.
    /// </summary>
    public static Release Hold(Release release)
    {
        RolloutStateSpec state = release.State! with { Since = null };
        bool isBlueGreen = BlueGreen.Is(state);
        Release held = (release with { State = state }).Sized(release.Replicas, isBlueGreen && state.Step > BlueGreen.Preview ? release.Replicas : release.Rollout.New!.Replicas, 0);
        return isBlueGreen ? held : held with { State = state with { WeightPerMille = 0, Traffic = release.AllTo(release.StableName), Analysis = null } };
    }

    /// <summary>Why it stands, and what ends that.</summary>
    public static Blocker Blocker(RolloutStateSpec state) => new()
    {
        Reason = Reason,
        Message = $"policy {state.Policy}, by which revision {state.Revision} is at step {state.Step} of {state.Steps}, is not for this Deployment any longer: "
            + "it waits for a policy with a strategy, to be promoted in full or given up, or for another template",
    };

    /// <summary>The Services are those whose requests the record divides; an active Service that selects none of the Deployment's pods is not among them, and has no name here.</summary>
    private static RolloutStrategy StrategyOf(RolloutStateSpec state)
    {
        string? preview = PreviewOf(state);
        string? first = state.Traffic.Select(traffic => traffic.Service).FirstOrDefault(service => service != preview);
        return BlueGreen.Is(state)
            ? new RolloutStrategy { Type = RolloutStrategy.BlueGreenType, BlueGreen = new BlueGreenStrategy { ActiveService = first ?? "", PreviewService = preview } }
            : new RolloutStrategy { Type = RolloutStrategy.CanaryType, Canary = new CanaryStrategy { Service = first } };
    }

    /// <summary>A record from before it named the preview Service has the active one first; alone, a Service is the preview where it sends the new revision requests before that is promoted.</summary>
    private static string? PreviewOf(RolloutStateSpec state) => !BlueGreen.Is(state) ? null : state.PreviewService ?? (state.Traffic switch
    {
        [_, var second, ..] => second.Service,
        [var only] when state.WeightPerMille == 0 && only.Shares.Any(share => share.ReplicaSet == state.Canary) => only.Service,
        _ => null,
    });
}
