using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// The way back from a revision that is given up past its last step, when the stable one's pods have begun to go: it gets them back, and the requests follow what it has available, for what has
/// no pods can serve nobody.
/// </summary>
internal static class WayBack
{
    /// <summary>
    /// The pods of a step back. From a canary by a rolling update's rules; from a blue-green, which never has both versions behind one Service, the stable one's pods come back beside the new ones,
    /// which go once the requests have left them.
    /// </summary>
    public static Release Step(Release release)
    {
        if (release.Strategy.BlueGreen is not null)
        {
            return Beside(release);
        }

        Rollout back = release.Rollout.Around(release.StableName);
        return Around(release, Proportional.IsScaling(back) ? Proportional.Scale(back) : RollingUpdate.Step(back));
    }

    /// <summary>Paused: no further, but each ReplicaSet keeps its share when the Deployment is scaled.</summary>
    public static Release Hold(Release release) =>
        Weighed(release.Strategy.BlueGreen is not null ? Beside(release) : Around(release, Proportional.Scale(release.Rollout.Around(release.StableName))));

    /// <summary>
    /// The requests by what each has available: of a canary, the stable one gets what its pods are of the declared ones, and never less than what they are of all. 10 replicas, 3 stable and 7 new
    /// ones: 300 and 700 per mille; 5 and 8: 500 and 500; 3 and 2: 600 and 400. Of a blue-green, all stay where they are until the stable one has all its pods, or the new one none.
    /// </summary>
    public static Release Weighed(Release release)
    {
        RolloutStateSpec state = release.State!;
        int available = release.Rollout.Members.FirstOrDefault(member => member.Name == state.Canary && member.Name != release.StableName)?.Available ?? 0;
        int stable = release.Stable.Available;
        int weight = available == 0 || stable >= release.Replicas ? 0
            : release.Strategy.BlueGreen is not null ? state.WeightPerMille
            : TrafficShare.Whole - (int)((long)TrafficShare.Whole * stable / Math.Min(release.Replicas, stable + available));
        return release with { State = state with { WeightPerMille = weight, Traffic = release.Divided(state.Canary, weight, []) } };
    }

    private static Release Beside(Release release)
    {
        RolloutStateSpec state = release.State!;
        return release with
        {
            Rollout = release.Rollout.Resize(member => member.Name == release.StableName ? release.Replicas
                : member.Name == state.Canary && state.WeightPerMille > 0 ? member.Replicas
                : 0),
        };
    }

    private static Release Around(Release release, Rollout back) => release with { Rollout = back.Around(release.Rollout.New?.Name ?? "") };
}
