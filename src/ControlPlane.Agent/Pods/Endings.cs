using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// The order in which a pod's containers are stopped: sidecars after all others, the last one first, so that each has those before it for as long as it
/// runs (Kubernetes: sidecar containers, termination).
/// </summary>
internal static class Endings
{
    /// <summary>A sidecar has this long at least, however long the others took (Kubernetes: <c>minimumGracePeriodInSeconds</c>).</summary>
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(2);

    /// <summary>Whether nothing runs any more that ends before this container.</summary>
    public static bool IsNext(PodView view, ObservedContainer container)
    {
        int place = PlaceOf(view, container.Identity.Container);
        return !view.Containers.Any(other => other.Phase == ContainerPhase.Running && !other.Identity.IsSandbox && PlaceOf(view, other.Identity.Container) > place)
            && !view.Busy.Any(name => name != ContainerIdentity.SandboxName && PlaceOf(view, name) > place);
    }

    /// <summary>What is left of a deleted pod's grace for a container: the others end at once, sidecars when those have.</summary>
    public static TimeSpan GraceOf(PodView view, ObservedContainer container, TimeSpan grace)
    {
        if (grace <= LeastGrace || PlaceOf(view, container.Identity.Container) == int.MaxValue || view.Desired?.Metadata.DeletionTimestamp is not { } ends)
        {
            return grace;
        }

        TimeSpan left = TimeSpan.FromSeconds(Math.Ceiling((ends - view.Now).TotalSeconds));
        return left < LeastGrace ? LeastGrace : left < grace ? left : grace;
    }

    /// <summary>Whoever has the highest place ends first: a sidecar has its own among the init containers, all others the highest.</summary>
    private static int PlaceOf(PodView view, string container)
    {
        if (view.Desired is null || !view.Desired.Spec.IsSidecar(container))
        {
            return int.MaxValue;
        }

        return view.Desired.Spec.InitContainers.TakeWhile(before => before.Name != container).Count();
    }
}
