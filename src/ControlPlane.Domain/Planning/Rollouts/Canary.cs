using System.Globalization;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// A new revision takes over step by step. Until the last step the stable one keeps all its pods, so that giving up is immediate; then a rolling update's rules
/// finish (Argo Rollouts: canary).
/// </summary>
internal static class Canary
{
    public static Release Step(Release release, CanaryStrategy canary, WorkloadSnapshot snapshot)
    {
        RolloutStateSpec state = release.State!;
        if (RolloutRequests.IsPromotedInFull(release.Rollout.Deployment, state.Revision) && !release.IsFinishing)
        {
            return Advance(release.IsStandIn ? release : Sized(release, canary, state), state.Steps, snapshot.Now);
        }

        if (release.IsFinishing)
        {
            return Finish(release);
        }

        release = Sized(release, canary, state);
        return RolloutRequests.IsPromoted(release.Rollout.Deployment, state.Revision, state.Step, state.Since)
            ? Advance(release, state.Step + 1, snapshot.Now)
            : Follow(release, canary, snapshot);
    }

    /// <summary>
    /// The pods that the present step asks for, and the weight that they carry. 10 replicas at 25%: 10 stable pods and 3 of the canary; 250 per mille of the requests once the 3 are
    /// available, none before.
    /// </summary>
    public static Release Sized(Release release, CanaryStrategy canary, RolloutStateSpec state)
    {
        int size = CanarySteps.Size(canary, state.Step, release.Replicas);
        Release sized = release.Sized(release.Replicas, size, 0);
        int weight = CanarySteps.Applied(state.WeightPerMille, CanarySteps.WeightPerMille(canary, state.Step), sized.Rollout.New!.Available, size);
        return sized with { State = Weighed(sized, state, weight) with { Traffic = TrafficOf(sized, canary, state.Step, weight) } };
    }

    /// <summary>What the step waits for, and whether it is there.</summary>
    private static Release Follow(Release release, CanaryStrategy canary, WorkloadSnapshot snapshot)
    {
        RolloutStateSpec state = release.State!;
        CanaryStep step = canary.Steps[state.Step];
        if (step.Pause is { } pause)
        {
            return Pause(release, pause, snapshot.Now);
        }

        if (step.Analysis is { } analysis)
        {
            Analysis.Course course = Analysis.Follow(release, analysis, canary.Service!, snapshot);
            return course.IsOver ? Advance(course.Release, state.Step + 1, snapshot.Now) : course.Release;
        }

        bool isThere = step.SetHeaderRoute is not null || release.Rollout.New!.Available >= release.Rollout.New.Replicas;
        return isThere
            ? Advance(release, state.Step + 1, snapshot.Now)
            : release with { State = state with { Phase = RolloutPhases.Progressing } };
    }

    private static Release Pause(Release release, PauseStep pause, DateTimeOffset now)
    {
        RolloutStateSpec state = release.State!;
        if (pause.Duration is not { } duration)
        {
            return release with { State = state with { Phase = RolloutPhases.WaitingForPromotion } };
        }

        TimeSpan rest = (state.Since ?? now) + (Duration.Parse(duration) ?? TimeSpan.Zero) - now;
        return rest <= TimeSpan.Zero
            ? Advance(release, state.Step + 1, now)
            : release with { State = state with { Phase = RolloutPhases.Paused }, RecheckAfter = rest };
    }

    private static Release Advance(Release release, int step, DateTimeOffset now)
    {
        RolloutStateSpec state = release.State!;
        string weight = (state.WeightPerMille / 10m).ToString(CultureInfo.InvariantCulture);
        string message = step >= state.Steps
            ? $"All {state.Steps} canary steps of revision {state.Revision} are done"
            : $"Canary step {step} of {state.Steps} of revision {state.Revision} is done; it gets {weight}% of the requests";
        return release with
        {
            HasAdvanced = true,
            State = state with
            {
                Step = step,
                Since = now,
                Phase = step >= state.Steps ? RolloutPhases.Finishing : RolloutPhases.Progressing,
                Analysis = null,
            },
            Events = release.Events.Add(EventNote.Normal(release.Rollout.Deployment, "CanaryStepCompleted", message)),
        };
    }

    /// <summary>
    /// A rolling update from here, and the requests by the numbers of pods, but never fewer to the new ones than the steps gave them: with 50% at 5 of 10, 8 old ones left and 5 new
    /// ones it stays 500 per mille; with 3 and 5 it is 625. All that the steps gave stays all: the old pods get none again.
    /// </summary>
    private static Release Finish(Release release)
    {
        Rollout rollout = release.Rollout;
        Rollout stepped = Proportional.IsScaling(rollout) ? Proportional.Scale(rollout) : RollingUpdate.Step(rollout);
        RolloutStateSpec state = release.State! with { Phase = RolloutPhases.Finishing, Stable = release.StableName };
        int total = stepped.Members.Sum(member => member.Available);
        int available = stepped.New!.Available;
        int byPods = total == 0 ? 0 : (int)((long)TrafficShare.Whole * available / total);
        int carried = release.Replicas == 0 ? 0 : (int)Math.Min(TrafficShare.Whole, (long)TrafficShare.Whole * available / release.Replicas);
        int kept = Math.Min(state.WeightPerMille, carried);
        Release finishing = release with { Rollout = stepped };
        return finishing with
        {
            State = kept > byPods || kept == TrafficShare.Whole
                ? Weighed(finishing, state, kept) with { Traffic = finishing.Divided(finishing.Rollout.New!.Name, kept, []) }
                : state with { WeightPerMille = byPods, Traffic = [] },
        };
    }

    private static RolloutStateSpec Weighed(Release release, RolloutStateSpec state, int weight) =>
        state with { WeightPerMille = weight, Stable = release.StableName };

    private static ValueList<ServiceTraffic> TrafficOf(Release release, CanaryStrategy canary, int step, int weight) =>
        release.Divided(release.Rollout.New!.Name, weight, CanarySteps.HeaderRoutes(canary, step, release.Rollout.New!.Name));
}
