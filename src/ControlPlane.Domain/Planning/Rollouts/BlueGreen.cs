using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// A new revision is started beside the active one and gets all requests in one moment; the old one keeps its pods for a while, so that going back is as quick (Argo
/// Rollouts: blue-green). The Service is never edited: the route table says which ReplicaSet its requests go to.
/// </summary>
internal static class BlueGreen
{
    /// <summary>It is started, judged, and waits to be promoted.</summary>
    public const int Preview = 0;

    /// <summary>It gets all its pods.</summary>
    public const int Promotion = 1;

    /// <summary>It has the requests; the old one keeps its pods.</summary>
    public const int Delay = 2;

    /// <summary>Past them the old one's pods go.</summary>
    public const int Steps = 3;

    /// <summary>Argo Rollouts: scaleDownDelaySeconds.</summary>
    private const int ScaleDownDelaySecondsDefault = 30;

    /// <summary>Whether a state is a blue-green's. Of one that does not say it, the number of steps speaks: then a canary of as many steps is taken for one.</summary>
    public static bool Is(RolloutStateSpec state) => state.Strategy == RolloutStrategy.BlueGreenType || (state.Strategy.Length == 0 && state.Steps == Steps);

    public static Release Step(Release release, BlueGreenStrategy blueGreen, WorkloadSnapshot snapshot)
    {
        RolloutStateSpec state = release.State!;
        release = Sized(release, blueGreen, state);
        return state.Step switch
        {
            Preview => StepOfPreview(release, blueGreen, snapshot),
            Promotion => StepOfPromotion(release, snapshot.Now),
            Delay => StepOfDelay(release, blueGreen, snapshot),
            _ => release with { State = release.State! with { Phase = RolloutPhases.Finishing } },
        };
    }

    /// <summary>The pods of each at the present step, and where the requests go.</summary>
    public static Release Sized(Release release, BlueGreenStrategy blueGreen, RolloutStateSpec state)
    {
        int preview = state.Step == Preview ? blueGreen.PreviewReplicaCount ?? release.Replicas : release.Replicas;
        Release sized = release.Sized(state.Step >= Steps ? 0 : release.Replicas, preview, 0);
        bool isPromoted = state.Step >= Delay;
        string current = release.Rollout.New!.Name;
        ValueList<ServiceTraffic> previewed = release.PreviewService is { } service
            ? [new ServiceTraffic { Service = service, Shares = [new TrafficShare(current, TrafficShare.Whole)] }]
            : [];
        return sized with
        {
            State = state with
            {
                Stable = release.StableName,
                WeightPerMille = isPromoted ? TrafficShare.Whole : 0,
                PreviewService = release.PreviewService,
                Traffic = [.. release.AllTo(isPromoted ? current : release.StableName), .. previewed],
            },
        };
    }

    /// <summary>Ready, then good by what is measured, then promoted: by itself after a while, or by a person.</summary>
    private static Release StepOfPreview(Release release, BlueGreenStrategy blueGreen, WorkloadSnapshot snapshot)
    {
        RolloutStateSpec state = release.State!;
        bool isWanted = RolloutRequests.IsPromotedInFull(release.Rollout.Deployment, state.Revision)
            || RolloutRequests.IsPromoted(release.Rollout.Deployment, state.Revision, Preview, release.Rollout.New!.ReplicaSet.Metadata.CreationTimestamp);
        if (isWanted)
        {
            return Advance(release, Promotion, RolloutPhases.Progressing, snapshot.Now);
        }

        if (release.Rollout.New!.Available < release.Rollout.New.Replicas)
        {
            return release with { State = state with { Phase = RolloutPhases.Progressing, Analysis = null } };
        }

        if (blueGreen.PrePromotionAnalysis is { } analysis && !Analysis.IsDone(state.Analysis, analysis))
        {
            Analysis.Course course = Analysis.Follow(release, analysis, blueGreen.PreviewService!, snapshot);
            return course.IsOver ? Wait(course.Release, blueGreen, snapshot.Now) : course.Release;
        }

        return Wait(release, blueGreen, snapshot.Now);
    }

    private static Release Wait(Release release, BlueGreenStrategy blueGreen, DateTimeOffset now)
    {
        RolloutStateSpec state = release.State!;
        bool isAutomatic = blueGreen.AutoPromotionEnabled ?? true;
        string phase = isAutomatic ? RolloutPhases.Paused : RolloutPhases.WaitingForPromotion;
        DateTimeOffset since = state.Phase == phase ? state.Since ?? now : now;
        TimeSpan rest = since + TimeSpan.FromSeconds(blueGreen.AutoPromotionSeconds ?? 0) - now;
        return isAutomatic && rest <= TimeSpan.Zero
            ? Advance(release, Promotion, RolloutPhases.Progressing, now)
            : release with { State = state with { Phase = phase, Since = since }, RecheckAfter = isAutomatic ? rest : null };
    }

    /// <summary>All pods first, then all requests at once.</summary>
    private static Release StepOfPromotion(Release release, DateTimeOffset now)
    {
        RolloutMember current = release.Rollout.New!;
        if (current.Available < release.Replicas)
        {
            return release with { State = release.State! with { Phase = RolloutPhases.Progressing } };
        }

        Release promoted = Advance(release, Delay, RolloutPhases.Promoted, now);
        return promoted with
        {
            State = promoted.State! with
            {
                WeightPerMille = TrafficShare.Whole,
                Traffic = [.. promoted.AllTo(current.Name), .. promoted.State.Traffic.Where(traffic => traffic.Service != promoted.Service)],
            },
            Events = promoted.Events.Add(EventNote.Normal(
                release.Rollout.Deployment,
                "BlueGreenPromoted",
                $"Revision {promoted.State.Revision} (ReplicaSet \"{current.Name}\") {(promoted.Service is { } service ? $"gets all requests of Service {service}" : "is promoted")}")),
        };
    }

    private static Release StepOfDelay(Release release, BlueGreenStrategy blueGreen, WorkloadSnapshot snapshot)
    {
        RolloutStateSpec state = release.State!;
        if (blueGreen.PostPromotionAnalysis is { } analysis && !Analysis.IsDone(state.Analysis, analysis))
        {
            Analysis.Course course = Analysis.Follow(release, analysis, blueGreen.ActiveService, snapshot);
            return course.IsOver ? course.Release with { State = course.Release.State! with { Phase = RolloutPhases.Promoted }, RecheckAfter = TimeSpan.Zero } : course.Release;
        }

        TimeSpan rest = (state.Since ?? snapshot.Now) + TimeSpan.FromSeconds(blueGreen.ScaleDownDelaySeconds ?? ScaleDownDelaySecondsDefault) - snapshot.Now;
        bool isOver = rest <= TimeSpan.Zero || RolloutRequests.IsPromoted(release.Rollout.Deployment, state.Revision, Delay, state.Since);
        return isOver
            ? Advance(release, Steps, RolloutPhases.Finishing, snapshot.Now)
            : release with { State = state with { Phase = RolloutPhases.Promoted }, RecheckAfter = rest };
    }

    private static Release Advance(Release release, int step, string phase, DateTimeOffset now) => release with
    {
        HasAdvanced = true,
        State = release.State! with { Step = step, Since = now, Phase = phase, Analysis = null },
    };
}
