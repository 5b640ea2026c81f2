using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>One step of a release: the first case that applies decides.</summary>
internal static class ReleaseSteps
{
    /// <summary>
    /// Its user gives it up: no further, for this pass marks it. Held: as it is, unless its user has given it up. The new revision is the stable one, or is given up: back. The stable one has not got
    /// all its pods yet (the one before was replacing it): that first. So is one that another template ends and whose policy is gone. Another revision or another strategy than is on record: from the beginning. Else the strategy's own step.
    /// </summary>
    public static Release Step(Release release, WorkloadSnapshot snapshot)
    {
        Rollout rollout = release.Rollout;
        if (release.State?.Canary == rollout.New?.Name && Trial.IsAbortAsked(rollout))
        {
            return release;
        }

        if (release.IsHeld && !Trial.IsAborted(rollout))
        {
            return Hold(release);
        }

        bool isLeft = release.IsStandIn && (release.State!.Phase == RolloutPhases.Aborted || release.State.Canary != rollout.New?.Name);
        if (isLeft || (rollout.New is { } current && (current.Name == release.StableName || Trial.IsGivenUp(rollout))))
        {
            return GoBack(release, snapshot);
        }

        release = release with { Rollout = NewReplicaSet.Ensure(rollout, snapshot) };
        if (!IsStableWhole(release))
        {
            return Recover(release);
        }

        release = IsOnRecord(release) ? GoOn(release, snapshot.Now) : Begin(release, snapshot.Now);
        return release.Strategy.Canary is { } canary ? Canary.Step(release, canary, snapshot) : BlueGreen.Step(release, release.Strategy.BlueGreen!, snapshot);
    }

    /// <summary>What its policy's strategy was when it began, in a few letters.</summary>
    public static string HashOf(RolloutStrategy strategy) => Templates.HashOf(ResourceJson.SerializeToUtf8Bytes(strategy));

    /// <summary>No step ends; the pods that a step asks for are kept, and the weight falls with those that are there.</summary>
    private static Release Hold(Release release)
    {
        if (release.IsReturning)
        {
            return WayBack.Hold(release);
        }

        if (release.Rollout.LacksPolicy)
        {
            return LostPolicy.Hold(release);
        }

        if (release.State is not { } state || release.Rollout.New is not { } current || current.Name != state.Canary || !IsOnRecord(release))
        {
            return Fallen(release) with { Rollout = release.Rollout.Resize(member => member.Name == release.StableName && member.Replicas > 0 ? release.Replicas : member.Replicas) };
        }

        if (release.IsFinishing)
        {
            return release with { Rollout = Proportional.Scale(release.Rollout) };
        }

        if (release.IsStandIn)
        {
            return LostPolicy.Hold(release);
        }

        return release.Strategy.Canary is { } canary ? Canary.Sized(release, canary, state) : BlueGreen.Sized(release, release.Strategy.BlueGreen!, state);
    }

    /// <summary>
    /// The weight of a canary that another template, or another strategy, waits to replace: it rises no more, and falls with the canary's pods. By the present step of its own strategy where that is still the policy's, else to what
    /// they are of the declared ones: of 10 replicas, 4 available pods of 5 carry 400 per mille at most. The Services stay those on record: the policy, or the template, may name others by now.
    /// </summary>
    private static Release Fallen(Release release)
    {
        if (release.State is not { Phase: not RolloutPhases.Aborted } state || release.IsPastSteps || BlueGreen.Is(state)
            || release.Rollout.Members.FirstOrDefault(member => member.Name == state.Canary) is not { } canary)
        {
            return release;
        }

        CanaryStrategy? own = state.StrategyHash == HashOf(release.Strategy) ? release.Strategy.Canary : null;
        int size = own is null ? canary.Replicas : CanarySteps.Size(own, state.Step, release.Replicas);
        if (canary.Available >= size)
        {
            return release;
        }

        int carried = own is not null
            ? CanarySteps.Applied(state.WeightPerMille, CanarySteps.WeightPerMille(own, state.Step), canary.Available, size)
            : (int)((long)TrafficShare.Whole * canary.Available / Math.Max(1, release.Replicas));
        int weight = Math.Min(state.WeightPerMille, carried);
        return weight == state.WeightPerMille ? release : release with
        {
            State = state with
            {
                WeightPerMille = weight,
                Traffic = [.. state.Traffic.Select(traffic => traffic with { Shares = release.Shares(state.Canary, weight) })],
            },
        };
    }

    /// <summary>All pods and all requests to the stable one, past the steps as it gets its pods back; over once no other has pods that gateways may choose.</summary>
    private static Release GoBack(Release release, WorkloadSnapshot snapshot)
    {
        string left = release.Rollout.New?.Name == release.StableName ? "the stable revision is declared again" : "another template is declared, and the policy is gone";
        string message = release.State?.Message ?? left;
        Release back = release.IsPastSteps ? WayBack.Step(release).Aborted(message) : release.Aborted(message).Sized(release.Replicas, 0, 0);
        bool isOver = back.Rollout.Members.All(member => member.Name == back.StableName || member.Counts.Active == 0);
        return !isOver ? back
            : LateSlices.ListOthers(back.Rollout, back.StableName, back.State, snapshot) ? back with { RecheckAfter = LateSlices.RecheckDelay }
            : back with { State = null };
    }

    /// <summary>
    /// True when the stable one can take all requests: it has its pods, and they are available as far as others are needed for that. While steps are on record it has
    /// them; so a stable one that is broken does not keep its successor from coming.
    /// </summary>
    private static bool IsStableWhole(Release release)
    {
        RolloutMember stable = release.Stable;
        bool isKept = release.State is { } && !release.IsPastSteps;
        bool isOnRecord = release.IsFinishing && IsOnRecord(release);
        bool hasHelp = release.Rollout.Old.Any(member => member.Name != release.StableName && member.Available > 0);
        return isKept || isOnRecord || (stable.Replicas >= release.Replicas && (!hasHelp || stable.Available >= release.Rollout.MinAvailable));
    }

    /// <summary>The stable one gets its pods back by the rules of a rolling update; the new revision waits without any. What was on its way back stays so.</summary>
    private static Release Recover(Release release)
    {
        Rollout recovered = RollingUpdate.Step(release.Rollout.Around(release.StableName));
        Release recovering = release with { Rollout = recovered.Around(release.Rollout.New!.Name) };
        return release.IsReturning ? WayBack.Weighed(recovering) : recovering with { State = null };
    }

    /// <summary>Whether the steps on record are those of what is to come. What was given up begins anew when it is tried again; until then nothing brings back the pods and the requests that a step gave it.</summary>
    private static bool IsOnRecord(Release release) =>
        release.State is { } state
        && release.Rollout.New is { } current
        && !release.Rollout.IsTrialNew
        && state.Phase != RolloutPhases.Aborted
        && state.Canary == current.Name
        && state.Revision == Revisions.Of(current.ReplicaSet)
        && (release.IsFinishing || release.IsStandIn || IsPromoted(release, state) || state.StrategyHash == HashOf(release.Strategy));

    /// <summary>A blue-green that has the requests keeps them, whatever becomes of its policy's numbers.</summary>
    private static bool IsPromoted(Release release, RolloutStateSpec state) => release.Strategy.BlueGreen is not null && BlueGreen.Is(state) && state.WeightPerMille == TrafficShare.Whole;

    /// <summary>A step that stood without its policy is in it from now on: its time begins anew, and what was asked of it before means nothing to it.</summary>
    private static Release GoOn(Release release, DateTimeOffset now) => release with { State = release.State! with { Since = release.State.Since ?? now } };

    private static Release Begin(Release release, DateTimeOffset now)
    {
        RolloutMember current = release.Rollout.New!;
        return release with
        {
            HasAdvanced = true,
            State = new RolloutStateSpec
            {
                Deployment = release.Rollout.Deployment.Name,
                Policy = release.Policy.Name,
                Strategy = Release.TypeOf(release.Strategy),
                StrategyHash = HashOf(release.Strategy),
                Canary = current.Name,
                Revision = Revisions.Of(current.ReplicaSet),
                Stable = release.StableName,
                Phase = RolloutPhases.Progressing,
                Steps = release.Strategy.Canary?.Steps.Count ?? BlueGreen.Steps,
                Since = now,
                Traffic = release.AllTo(release.StableName),
            },
        };
    }
}
