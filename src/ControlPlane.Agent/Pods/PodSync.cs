using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// Decides what to do for one pod: the difference between its record and what runs. Pure, and level-triggered: it looks at what is, so a
/// step that was lost is simply decided again.
/// </summary>
internal static class PodSync
{
    /// <summary>For a pod without a record, whose grace is not known (Kubernetes' default for <c>terminationGracePeriodSeconds</c>).</summary>
    private const long DefaultGraceSeconds = 30;

    /// <summary>How long a failed pull shows as <c>ErrImagePull</c> before it shows as <c>ImagePullBackOff</c>.</summary>
    private static readonly TimeSpan FreshFailure = TimeSpan.FromSeconds(3);

    public static PodPlan Plan(PodView view)
    {
        if (view.Desired is null or { Metadata.IsDeleting: true })
        {
            return PlanEnd(view);
        }

        return IsFinished(view.Desired) ? PlanFinished(view) : PlanLife(view, view.Desired);
    }

    /// <summary>
    /// A container may be stopped for the control plane's sake only if it was ordered by the store that now says so, and, when there is no
    /// record at all, only if that store's word is not older than the container, and a failover cannot have lost the record. So neither an empty nor a restored nor a lagging database stops
    /// anything. What another store ordered may be stopped once a person has confirmed that this one has replaced it.
    /// </summary>
    public static bool MayStop(ObservedContainer container, PodView view) =>
        container.Identity.StoreIdentity == view.StoreIdentity && view.Desired is not null
        || (OwnerOf(container, view) is var owner && owner == view.StoreIdentity
            ? container.Identity.BornAtRevision <= view.Revision
            : view.ReplacedStores.Contains(owner));

    private static string OwnerOf(ObservedContainer container, PodView view) =>
        LostRevisions.OwnerOf(container.Identity.StoreIdentity, container.Identity.BornAtRevision, view.StoreIdentity, view.LostRevisions);

    private static bool MayActOn(ObservedContainer container, PodView view) =>
        MayStop(container, view) && !view.Busy.Contains(container.Identity.Container);

    private static PodPlan PlanEnd(PodView view)
    {
        TimeSpan grace = TimeSpan.FromSeconds(
            view.Desired?.Metadata.DeletionGracePeriodSeconds ?? view.Desired?.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds);
        ValueList<PodAction> actions = [];
        foreach (ObservedContainer observed in view.Containers.Where(observed => MayActOn(observed, view)))
        {
            if (!observed.Identity.IsSandbox && (observed.Phase != ContainerPhase.Running || Endings.IsNext(view, observed)))
            {
                actions = actions.Add(End(observed, Endings.GraceOf(view, observed, grace), $"Stopping container {observed.Identity.Container}"));
            }
        }

        return new PodPlan { Actions = [.. actions, .. Sandboxes.End(view)], IsStopped = view.Containers.IsEmpty && view.Busy.IsEmpty };
    }

    /// <summary>A pod that has succeeded or failed never runs again; its dead containers stay for their logs, its ports are given back.</summary>
    private static PodPlan PlanFinished(PodView view) => new()
    {
        Actions =
        [
            .. view.Containers
                .Where(observed => observed.Phase == ContainerPhase.Running && !observed.Identity.IsSandbox && MayActOn(observed, view) && Endings.IsNext(view, observed))
                .Select(observed => End(observed, Grace(view.Desired!), $"Stopping container {observed.Identity.Container}")),
            .. Sandboxes.End(view),
        ],
    };

    private static PodPlan PlanLife(PodView view, Pod pod)
    {
        bool isShared = view.SharesNetwork && Sandboxes.IsNeeded(pod);
        string? network = isShared ? Sandboxes.NetworkOf(view, pod) : null;
        ValueList<string> left = Initialization.Left(view, pod);
        ValueList<string> turn = Initialization.Turn(view, pod, left);
        bool isOver = !pod.Spec.InitContainers.IsEmpty && Initialization.IsOver(view, pod);
        bool hasBegun = view.Containers.Any(observed => !observed.Identity.IsSandbox && observed.Phase != ContainerPhase.Created);
        PodPlan plan = new();
        foreach (Container container in pod.Spec.AllContainers().Where(container => !view.Busy.Contains(container.Name)))
        {
            IReadOnlyList<ObservedContainer> lives = view.LivesOf(container.Name);
            if (isOver && container.IsSidecar())
            {
                plan = EndSidecar(plan, view, pod, lives.FirstOrDefault());
            }
            else if (turn.Contains(container.Name) || lives.FirstOrDefault()?.Phase == ContainerPhase.Running)
            {
                plan = PlanContainer(plan, view, pod, container, lives.FirstOrDefault(), network);
            }
            else if (left.Contains(container.Name) || !pod.Spec.IsInitContainer(container.Name))
            {
                plan = plan with
                {
                    Waiting = plan.Waiting.SetItem(container.Name, new Waiting(Initialization.WaitingReason(pod))),
                    Ahead = hasBegun && lives.Count == 0 ? plan.Ahead.Add(container.Name) : plan.Ahead,
                };
            }

            plan = RemoveOldLives(plan, lives);
        }

        return isShared && network is null && !isOver ? Sandboxes.Before(plan, view, pod) : plan;
    }

    /// <summary>Sidecars end when all other containers have ended for good; what only an agent's memory says to have ended may run still.</summary>
    private static PodPlan EndSidecar(PodPlan plan, PodView view, Pod pod, ObservedContainer? current) =>
        current?.Phase == ContainerPhase.Running && !view.IsRemembered && MayActOn(current, view) && Endings.IsNext(view, current)
            ? plan with { Actions = plan.Actions.Add(End(current, Grace(pod), $"Stopping container {current.Identity.Container}")) }
            : plan;

    private static PodPlan PlanContainer(PodPlan plan, PodView view, Pod pod, Container container, ObservedContainer? current, string? network)
    {
        if (current?.Phase == ContainerPhase.Running)
        {
            if (Restarting.Why(view, pod, container, current, network) is not { } why)
            {
                return plan;
            }

            if (Restarting.WaitsUntil(view, pod, container, current) is { } end)
            {
                return plan with { RecheckAt = plan.RecheckAt < end ? plan.RecheckAt : end };
            }

            TimeSpan grace = view.Probes[current.Id]?.GraceSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Grace(pod);
            return plan with { Actions = plan.Actions.Add(new StopContainer(container.Name, current.Id, grace, why)) };
        }

        if (current?.Phase == ContainerPhase.Created)
        {
            // Left half-made by an agent that died: made anew rather than trusted.
            return plan with { Actions = plan.Actions.Add(new RemoveContainer(container.Name, current.Id)) };
        }

        ContainerMemory memory = view.Memory[container.Name] ?? ContainerMemory.None;
        if (HasEndedForGood(view, pod, container))
        {
            return plan;
        }

        (DateTimeOffset due, Waiting? waiting) = WhenDue(view, pod, container, current, memory);
        if (due > view.Now && waiting is not null)
        {
            return plan with
            {
                Waiting = plan.Waiting.SetItem(container.Name, waiting),
                RecheckAt = plan.RecheckAt < due ? plan.RecheckAt : due,
            };
        }

        // No time is waited for: what is missing wakes the agent when it comes.
        return WhatIsMissing(view, pod, container) is { } missing
            ? plan with { Waiting = plan.Waiting.SetItem(container.Name, missing) }
            : plan with { Actions = plan.Actions.Add(StartOf(view, pod, container, current, memory, network)) };
    }

    /// <summary>Why a container cannot be configured yet, its pod's volumes before its own variables; null when nothing is missing.</summary>
    private static Waiting? WhatIsMissing(PodView view, Pod pod, Container container)
    {
        ContainerConfiguration configuration = new(pod.Namespace, view.EnvironmentContents);
        return configuration.VolumeProblemOf(pod, view.IsRemembered) is { } volume ? new Waiting(Initialization.WaitingReason(pod), volume) { PodEvent = VolumeException.EventReason }
            : configuration.ProblemOf(container, view.IsRemembered) is { } problem ? new Waiting(ContainerConfiguration.ErrorReason, problem)
            : null;
    }

    /// <summary>Whether a container that ended is started again. An init container that has succeeded is not asked about: it gets no turn any more.</summary>
    private static bool Restarts(Pod pod, Container container, int exitCode) =>
        container.IsSidecar() || (pod.Spec.IsInitContainer(container.Name) ? pod.Spec.RestartPolicy != "Never" : Restarts(pod, exitCode));

    /// <summary>Whether a container that ended is started again (Kubernetes: <c>restartPolicy</c>).</summary>
    public static bool Restarts(Pod pod, int exitCode) => pod.Spec.RestartPolicy switch
    {
        "Never" => false,
        "OnFailure" => exitCode != 0,
        _ => true,
    };

    /// <summary>True for a pod whose containers may end for good.</summary>
    public static bool MayEnd(Pod pod) => pod.Spec.RestartPolicy is "Never" or "OnFailure";

    /// <summary>Whether a container that does not run is not to run again.</summary>
    public static bool HasEndedForGood(PodView view, Pod pod, Container container) => view.LivesOf(container.Name).FirstOrDefault() is { } current
        ? current.Phase == ContainerPhase.Exited && !Restarts(pod, container, current.ExitCode)
        : HasEndedUnseen(view, pod, container);

    /// <summary>
    /// Whether a container of which nothing is left is not to run again: it vanished, or it ended in the sight of an earlier agent, whose word
    /// the record has. An agent that has only its own memory of the record cannot tell whether it is the newest, so it lets nothing run that may have ended.
    /// </summary>
    private static bool HasEndedUnseen(PodView view, Pod pod, Container container)
    {
        if (!MayEnd(pod) || container.IsSidecar())
        {
            return false;
        }

        return view.Memory[container.Name]?.LastSeen is not null
            ? pod.Spec.RestartPolicy == "Never"
            : view.IsRemembered || (ContainerEnds.Recorded(pod, container.Name) is { } end && !Restarts(pod, container, end.ExitCode));
    }

    private static (DateTimeOffset Due, Waiting? Waiting) WhenDue(
        PodView view, Pod pod, Container container, ObservedContainer? current, ContainerMemory memory)
    {
        if (memory.Failure is { } failure)
        {
            return (failure.RetryAt, WaitingFor(failure, container, view.Now));
        }

        if (current is null || IsRemoved(view, current))
        {
            return (view.Now, null);
        }

        TimeSpan wait = WaitAfter(current);
        return ((current.FinishedAt ?? view.Now) + wait, new Waiting(
            "CrashLoopBackOff",
            $"back-off {Short(wait)} restarting failed container={container.Name} pod={pod.Name}_{pod.Namespace}({pod.Uid})"));
    }

    private static Waiting WaitingFor(StartFailure failure, Container container, DateTimeOffset now) => failure.Reason switch
    {
        "ErrImagePull" when now - failure.At >= FreshFailure =>
            new Waiting("ImagePullBackOff", $"Back-off pulling image \"{container.Image}\": ErrImagePull: {failure.Message}"),
        _ => new Waiting(failure.Reason, failure.Message) { PodEvent = failure.PodEvent },
    };

    private static StartContainer StartOf(
        PodView view, Pod pod, Container container, ObservedContainer? current, ContainerMemory memory, string? network)
    {
        ValueList<HostPort> kept = network is null ? KeptPorts(pod, container, memory) : [];
        if (current is not null && !IsRemoved(view, current))
        {
            TimeSpan wait = Backoff.Next(WaitAfter(current));
            return new StartContainer(container.Name, current.Identity.RestartCount + 1, wait, network) { KeptPorts = kept };
        }

        if (memory.LastSeen is { } vanished)
        {
            // Somebody removed it: that is no crash, so it is made anew at once and waits no longer the next time.
            return new StartContainer(container.Name, vanished.Identity.RestartCount + 1, vanished.Identity.NextBackoff, network) { KeptPorts = kept };
        }

        // An agent that has just started knows from the record whether the container has ever run.
        ContainerStatus? reported = pod.StatusOf(container.Name);
        int restarts = reported is null ? 0 : reported.ContainerID is null ? reported.RestartCount : reported.RestartCount + 1;
        return new StartContainer(container.Name, restarts, TimeSpan.Zero, network) { KeptPorts = kept };
    }

    /// <summary>The node's ports of the life before: as this agent saw them, else as an earlier one has reported them.</summary>
    private static ValueList<HostPort> KeptPorts(Pod pod, Container container, ContainerMemory memory) =>
        memory.LastSeen is { } seen ? seen.HostPorts : [.. (pod.Status?.HostPorts ?? default).Where(port => port.Container == container.Name)];

    /// <summary>
    /// True for a dead container that someone has removed since: whoever does that asks for a new one now. An engine that removes a running
    /// container by force shows it dead for a moment first, so this is no other case than one that vanished while it ran.
    /// </summary>
    private static bool IsRemoved(PodView view, ObservedContainer dead) => !view.Containers.Contains(dead);

    private static TimeSpan WaitAfter(ObservedContainer ended) =>
        ended.FinishedAt - ended.StartedAt >= Backoff.ForgottenAfter ? TimeSpan.Zero : ended.Identity.NextBackoff;

    /// <summary>Keeps the newest life and the dead one before it, for <c>kubectl logs --previous</c>.</summary>
    private static PodPlan RemoveOldLives(PodPlan plan, IReadOnlyList<ObservedContainer> lives)
    {
        foreach (ObservedContainer old in lives.Skip(2).Where(life => life.Phase != ContainerPhase.Running))
        {
            plan = plan with { Actions = plan.Actions.Add(new RemoveContainer(old.Identity.Container, old.Id)) };
        }

        return plan;
    }

    private static PodAction End(ObservedContainer observed, TimeSpan grace, string message) =>
        observed.Phase == ContainerPhase.Running
            ? new StopContainer(observed.Identity.Container, observed.Id, grace, message)
            : new RemoveContainer(observed.Identity.Container, observed.Id);

    /// <summary>True for a pod that has succeeded or failed, which never runs again.</summary>
    public static bool IsFinished(Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>The time that a pod's containers have to end.</summary>
    public static TimeSpan Grace(Pod pod) => TimeSpan.FromSeconds(pod.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds);

    /// <summary>As Go prints durations: <c>10s</c>, <c>1m20s</c>, <c>5m0s</c>.</summary>
    private static string Short(TimeSpan time) =>
        time < TimeSpan.FromMinutes(1) ? $"{time.TotalSeconds:0}s" : $"{(int)time.TotalMinutes}m{time.Seconds}s";
}
