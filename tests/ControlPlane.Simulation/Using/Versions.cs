using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Checking;
using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Using;

/// <summary>What images do: most work; some end soon after each start, and some cannot be had.</summary>
internal static class Versions
{
    private const string Crashing = "crash:";
    private const string Missing = "missing:";
    private const string Failing = "failing:";

    /// <summary>Longer than a crashing container lives, so that none of its pods is ever available.</summary>
    private const int MinReadySeconds = 3;

    /// <summary>Kubernetes' default for <c>progressDeadlineSeconds</c>.</summary>
    private const int DefaultDeadlineSeconds = 600;

    public static bool IsCrashing(string image) => image.StartsWith(Crashing, StringComparison.Ordinal);

    public static bool IsMissing(string image) => image.StartsWith(Missing, StringComparison.Ordinal);

    /// <summary>Works for all that probes can see, and fails half of its requests.</summary>
    public static bool IsFailing(string image) => image.StartsWith(Failing, StringComparison.Ordinal);

    public static string FailingImage(int number) => $"{Failing}{number}";

    public static string ImageOf(Deployment deployment) => deployment.Spec.Template.Spec.Containers[0].Image ?? "";

    /// <summary>True for a version that never gets ready for long.</summary>
    public static bool IsBad(Deployment deployment) => IsCrashing(ImageOf(deployment)) || IsMissing(ImageOf(deployment));

    public static Deployment With(Deployment item, string image)
    {
        PodSpec spec = item.Spec.Template.Spec;
        return item with { Spec = item.Spec with { Template = item.Spec.Template with { Spec = spec with { Containers = [spec.Containers[0] with { Image = image }] } } } };
    }

    /// <summary>A version that does not work. Most have a deadline that ends before a crash loop is one, the others only crash.</summary>
    public static Func<Deployment, Deployment> Bad(Dice dice, int number)
    {
        bool isPatient = dice.Chance(0.15);
        int deadline = isPatient ? DefaultDeadlineSeconds : dice.Between(8, 20);
        string image = $"{(isPatient || dice.Chance(0.5) ? Crashing : Missing)}{number}";
        return item =>
        {
            Deployment changed = With(item, image);
            return changed with { Spec = changed.Spec with { MinReadySeconds = MinReadySeconds, ProgressDeadlineSeconds = deadline } };
        };
    }

    /// <summary>
    /// Whether only a person can mend a Deployment: its version does not work, and there is no older one that was complete, or going back is not wanted, or a clock was wrong: then the version may
    /// have looked complete once, or pods made after a retry look older than it.
    /// </summary>
    public static bool NeedsPerson(Simulation simulation, Deployment deployment)
    {
        if (!IsBad(deployment) || deployment.Metadata.IsDeleting)
        {
            return false;
        }

        ReplicaSet[] own = [.. simulation.Database.Backup().ReplicaSetsOf(deployment)];
        ReplicaSet? current = deployment.CurrentOf(own);
        return simulation.Mixture.IsOptedOut(deployment.Name) || simulation.ReplicasDisagree || current?.IsMarked("Complete") == true
            || !own.Any(item => item.Uid != current?.Uid && item.IsMarked("Complete"));
    }
}
