using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// How far a pod's init containers have come. They run one after the other, each to success or, a sidecar, until it has started up, and all of them again in a
/// new sandbox, for what they have set up in the network is gone with the old one (Kubernetes: <c>computeInitContainerActions</c>).
/// </summary>
internal sealed class Initialization
{
    private readonly PodView view;
    private readonly Pod pod;

    /// <summary>True where a life counts in whichever sandbox it was: there is none, or nothing is run again.</summary>
    private readonly bool countsEverywhere;
    private readonly string? network;

    private Initialization(PodView view, Pod pod)
    {
        this.view = view;
        this.pod = pod;
        countsEverywhere = !view.SharesNetwork || pod.Spec.RestartPolicy == "Never" || pod.Metadata.IsDeleting || PodSync.IsFinished(pod);
        network = countsEverywhere ? null : Sandboxes.NetworkOf(view, pod);
    }

    /// <summary>What the containers of a pod wait for while they are made.</summary>
    public static string WaitingReason(Pod pod) => pod.Spec.InitContainers.IsEmpty ? "ContainerCreating" : "PodInitializing";

    /// <summary>
    /// The names of the init containers that are not done yet, the one whose turn it is first. One that has succeeded is known by its dead container,
    /// by the record when that is gone, and by any later container that has begun.
    /// </summary>
    public static ValueList<string> Left(PodView view, Pod pod)
    {
        if (pod.Spec.InitContainers.IsEmpty || IsOver(view, pod))
        {
            return [];
        }

        Initialization far = new(view, pod);
        Container[] inOrder = [.. pod.Spec.AllContainers()];
        int reached = Array.FindLastIndex(inOrder, far.HasBegun);
        return [.. pod.Spec.InitContainers.Skip(Math.Max(reached, 0)).Where(container => !far.IsDone(container)).Select(container => container.Name)];
    }

    /// <summary>Whether all containers but the init containers have ended for good.</summary>
    public static bool IsOver(PodView view, Pod pod) => pod.Spec.Containers.All(container => PodSync.HasEndedForGood(view, pod, container));

    /// <summary>The containers that may be started now: one init container after the other, then all others; sidecars that have started up in any case.</summary>
    public static ValueList<string> Turn(PodView view, Pod pod, ValueList<string> left)
    {
        ValueList<string> sidecars = [.. pod.Spec.InitContainers.Where(container => container.IsSidecar() && !left.Contains(container.Name)).Select(container => container.Name)];
        if (left.IsEmpty)
        {
            return [.. sidecars, .. pod.Spec.Containers.Select(container => container.Name)];
        }

        bool othersRun = pod.Spec.AllContainers().Any(container => container.Name != left[0] && !sidecars.Contains(container.Name)
            && (view.Busy.Contains(container.Name) || view.LivesOf(container.Name).Any(life => life.Phase == ContainerPhase.Running)));
        return othersRun ? sidecars : sidecars.Add(left[0]);
    }

    private bool HasBegun(Container container)
    {
        if (Life(container) is { } life)
        {
            return countsEverywhere || (network is not null && life.NetworkOf == network);
        }

        // The record does not name sandboxes; whatever began before this one did was in another.
        DateTimeOffset? begun = pod.StatusOf(container.Name) is not { } recorded ? null
            : (recorded.State?.Running?.StartedAt ?? recorded.State?.Terminated?.StartedAt ?? recorded.LastState?.Terminated?.StartedAt);
        return begun is not null && (countsEverywhere || (network is not null && begun >= view.Sandbox?.StartedAt));
    }

    private bool IsDone(Container container) => HasBegun(container) && (container.IsSidecar()
        ? view.LivesOf(container.Name).FirstOrDefault() is { Phase: ContainerPhase.Running } running && (view.Probes[running.Id]?.IsStarted ?? container.StartupProbe is null)
        : HasSucceeded(container));

    private bool HasSucceeded(Container container) => Life(container) is { } life
        ? life is { Phase: ContainerPhase.Exited, ExitCode: 0 }
        : pod.StatusOf(container.Name)?.State?.Terminated is { ExitCode: 0 };

    /// <summary>The newest life that this agent has seen to have started, which may have vanished since.</summary>
    private ObservedContainer? Life(Container container) =>
        view.LivesOf(container.Name).FirstOrDefault(life => life.Phase != ContainerPhase.Created) ?? view.Memory[container.Name]?.LastSeen;
}
