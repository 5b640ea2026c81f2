using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// What is done for the sandbox of a pod whose containers share a network: it is there before the first of them and goes after the last, so
/// that one that crashes takes nothing from its neighbours, and the pod's ports stay (Kubernetes: <c>computePodActions</c>).
/// </summary>
internal static class Sandboxes
{
    /// <summary>
    /// Whether a pod has a sandbox: several containers share its network, at once or one after the other, what is in memory is held by it, and so are processes that
    /// containers share.
    /// </summary>
    public static bool IsNeeded(Pod pod) =>
        pod.Spec.Containers.Count > 1 || !pod.Spec.InitContainers.IsEmpty || pod.Spec.ShareProcessNamespace == true || EmptyDirs.InMemory(pod).Any();

    /// <summary>
    /// The container whose network the pod's containers have; null while there is none. In a pod that was made before there were sandboxes it is
    /// the first one, for as long as that one lives.
    /// </summary>
    public static string? NetworkOf(PodView view, Pod pod)
    {
        ObservedContainer? holder = view.Sandbox ?? view.LivesOf(pod.Spec.Containers[0].Name).FirstOrDefault(life => life.NetworkOf is null);
        return holder is { Phase: ContainerPhase.Running } && !view.Busy.Contains(holder.Identity.Container) ? holder.Id : null;
    }

    /// <summary>The plan of a pod without a network: whatever was to be started waits for a sandbox, which is made if anything shall run.</summary>
    public static PodPlan Before(PodPlan plan, PodView view, Pod pod)
    {
        ValueList<string> starting = [.. plan.Actions.OfType<StartContainer>().Select(start => start.Container)];
        PodPlan waiting = plan with { Actions = [.. plan.Actions.Where(action => action is not StartContainer)] };
        bool runs = view.Containers.Any(observed => !observed.Identity.IsSandbox && observed.Phase == ContainerPhase.Running);
        if ((starting.IsEmpty && !runs) || view.Busy.Contains(ContainerIdentity.SandboxName))
        {
            return waiting;
        }

        ContainerMemory memory = view.Memory[ContainerIdentity.SandboxName] ?? ContainerMemory.None;
        if (memory.Failure is { } failure && failure.RetryAt > view.Now)
        {
            return waiting with
            {
                Waiting = waiting.Waiting.SetItems(
                    starting.Select(name => KeyValuePair.Create(name, new Waiting(Initialization.WaitingReason(pod), failure.Message))).ToValueMap()),
                RecheckAt = waiting.RecheckAt < failure.RetryAt ? waiting.RecheckAt : failure.RetryAt,
            };
        }

        StartSandbox start = new(memory.LastSeen is { } last ? last.Identity.RestartCount + 1 : 0)
        {
            KeptPorts = memory.LastSeen?.HostPorts ?? pod.Status?.HostPorts ?? default,
        };
        return waiting with { Actions = [.. waiting.Actions, .. view.Containers.Where(observed => observed.Identity.IsSandbox).Select(Remove), start] };
    }

    /// <summary>Takes the sandboxes of a pod that shall not run away once nothing uses their network.</summary>
    public static IEnumerable<PodAction> End(PodView view) => view.IsNetworkInUse || view.Busy.Contains(ContainerIdentity.SandboxName)
        ? []
        : view.Containers.Where(observed => observed.Identity.IsSandbox && PodSync.MayStop(observed, view)).Select(Remove);

    private static RemoveContainer Remove(ObservedContainer sandbox) => new(sandbox.Identity.Container, sandbox.Id);
}
