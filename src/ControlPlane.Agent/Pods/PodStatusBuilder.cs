using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>Says a pod's status as the kubelet says it: phases, container states, reasons, conditions (Kubernetes: pod lifecycle).</summary>
internal static class PodStatusBuilder
{
    /// <param name="view">The pod; it must have a record.</param>
    /// <param name="plan">What is going to be done for it, which says why its containers wait.</param>
    /// <param name="previous">The status said before, which gives the times of conditions that have not changed.</param>
    /// <param name="runtime">The runtime's name, the scheme of container ids.</param>
    /// <param name="nodeAddress">The node's address, at which the pod's ports are published.</param>
    public static PodStatus Build(PodView view, PodPlan plan, PodStatus? previous, string runtime, string nodeAddress)
    {
        Pod pod = view.Desired ?? throw new ArgumentException("a pod without a record has no status", nameof(view));
        ValueList<string> left = Initialization.Left(view, pod);
        ValueList<ContainerStatus> initContainers = [.. pod.Spec.InitContainers.Select(container => InitStatusOf(container, pod, view, plan, left, runtime))];
        ValueList<ContainerStatus> containers =
            [.. pod.Spec.Containers.Select(container => StatusOf(container, pod, view, plan, runtime, exitCode => PodSync.Restarts(pod, exitCode)))];
        bool runs = initContainers.Concat(containers).Any(container => container.State?.Running is not null);
        string phase = PodSync.IsFinished(pod) ? pod.Status!.Phase! : left.IsEmpty ? PhaseOf(pod, containers, runs) : PhaseBefore(pod, initContainers);
        return new PodStatus
        {
            ObservedGeneration = pod.Metadata.Generation,
            Phase = phase,
            Conditions = ConditionsOf(pod, phase, left, [.. initContainers, .. containers], view, previous),
            HostIP = nodeAddress,
            HostIPs = [new HostIP { Ip = nodeAddress }],
            PodIP = runs ? nodeAddress : null,
            PodIPs = runs ? [new PodIP { Ip = nodeAddress }] : [],
            StartTime = previous?.StartTime ?? pod.Status?.StartTime ?? Seconds(view.Now),
            InitContainerStatuses = initContainers,
            ContainerStatuses = containers,
            QosClass = pod.Status?.QosClass,
            HostPorts =
            [
                .. view.Sandbox is { Phase: ContainerPhase.Running } sandbox ? sandbox.HostPorts : default,
                .. pod.Spec.LastingContainers().SelectMany(container =>
                    Current(view, container) is { Phase: ContainerPhase.Running } running ? running.HostPorts : default),
            ],
        };
    }

    /// <summary>An init container is ready once it has succeeded, a sidecar as its probes say.</summary>
    private static ContainerStatus InitStatusOf(Container container, Pod pod, PodView view, PodPlan plan, ValueList<string> left, string runtime)
    {
        if (container.IsSidecar())
        {
            return StatusOf(container, pod, view, plan, runtime, _ => true);
        }

        bool isDone = !left.Contains(container.Name);
        ContainerStatus status = StatusOf(container, pod, view, plan, runtime, _ => !isDone && pod.Spec.RestartPolicy != "Never") with { Ready = isDone };
        return isDone && status.State is { Running: null, Terminated: not { ExitCode: 0 } }
            ? status with { State = new() { Terminated = ContainerEnds.Succeeded() } }
            : status;
    }

    /// <param name="container">The container.</param>
    /// <param name="pod">Its pod.</param>
    /// <param name="view">What is known of it.</param>
    /// <param name="plan">What is going to be done.</param>
    /// <param name="runtime">The runtime's name.</param>
    /// <param name="restarts">Whether it runs again after an exit code.</param>
    private static ContainerStatus StatusOf(Container container, Pod pod, PodView view, PodPlan plan, string runtime, Func<int, bool> restarts)
    {
        IReadOnlyList<ObservedContainer> lives = [.. view.LivesOf(container.Name).Where(life => life.Phase != ContainerPhase.Created)];
        ObservedContainer? current = lives.FirstOrDefault();
        ObservedContainer? vanished = current is null ? view.Memory[container.Name]?.LastSeen : null;
        ContainerState? previousEnd = lives.Count > 1 && lives[1].Phase == ContainerPhase.Exited ? new() { Terminated = ContainerEnds.Of(lives[1], runtime) } : null;
        ContainerStatus? recorded = pod.StatusOf(container.Name);
        ContainerStatus status = new()
        {
            Name = container.Name,
            Image = container.Image ?? "",
            ImageID = current?.ImageId ?? recorded?.ImageID ?? "",
            // Of a life that this agent has never seen, the record is the only witness: it stays until the next one begins.
            ContainerID = (current ?? vanished) is { } known ? $"{runtime}://{known.Id}" : recorded?.ContainerID,
            RestartCount = (current ?? vanished)?.Identity.RestartCount ?? recorded?.RestartCount ?? 0,
            Started = false,
            LastState = previousEnd,
        };
        if (current?.Phase == ContainerPhase.Running)
        {
            ProbeVerdict verdict = view.Probes[current.Id] ?? Unprobed(container);
            return status with
            {
                State = new() { Running = new() { StartedAt = current.StartedAt } },
                Started = verdict.IsStarted,
                Ready = verdict is { IsStarted: true, IsReady: true } && !Restarting.IsDue(view, pod, container, current),
            };
        }

        ContainerStateTerminated? end = current is not null ? ContainerEnds.Of(current, runtime)
            : vanished is not null ? ContainerEnds.OfVanished(vanished, runtime)
            : ContainerEnds.Recorded(pod, container.Name);
        if (plan.Waiting[container.Name] is { } waiting)
        {
            return status with
            {
                State = new() { Waiting = new() { Reason = waiting.Reason, Message = waiting.Message } },
                LastState = end is null ? previousEnd : new() { Terminated = end },
            };
        }

        bool isOver = end is not null && (current is not null || PodSync.IsFinished(pod) || !restarts(end.ExitCode));
        return isOver
            ? status with { State = new() { Terminated = end }, LastState = previousEnd ?? recorded?.LastState }
            : status with
            {
                State = new() { Waiting = new() { Reason = Initialization.WaitingReason(pod) } },
                LastState = end is null ? null : new() { Terminated = end },
            };
    }

    /// <summary>Until its first probe a container counts as failing the probes it has, and as passing those it has not.</summary>
    private static ProbeVerdict Unprobed(Container container) => new()
    {
        IsStarted = container.StartupProbe is null,
        IsReady = container.ReadinessProbe is null && container.StartupProbe is null,
    };

    /// <summary>The phase of a pod that is not initialized: it has failed once an init container has that is not run again.</summary>
    private static string PhaseBefore(Pod pod, ValueList<ContainerStatus> initContainers) =>
        pod.Spec.RestartPolicy == "Never" && initContainers.Any(status => status.State?.Terminated is { ExitCode: not 0 }) ? "Failed" : "Pending";

    /// <summary>
    /// Worked through: nothing has ever run → Pending; anything runs, be it a sidecar, or will be restarted → Running; all ended well → Succeeded;
    /// all ended, one badly, and no restart → Failed.
    /// </summary>
    private static string PhaseOf(Pod pod, ValueList<ContainerStatus> containers, bool runs)
    {
        int waiting = containers.Count(status => status.State?.Waiting is not null && status.LastState?.Terminated is null);
        if (waiting > 0)
        {
            return "Pending";
        }

        if (runs)
        {
            return "Running";
        }

        IReadOnlyList<int> exitCodes =
            [.. containers.Select(status => status.State?.Terminated ?? status.LastState?.Terminated).Select(end => end?.ExitCode ?? 0)];
        if (!pod.Metadata.IsDeleting && exitCodes.Any(code => PodSync.Restarts(pod, code)))
        {
            return "Running";
        }

        return exitCodes.All(code => code == 0) ? "Succeeded" : "Failed";
    }

    private static ValueList<Condition> ConditionsOf(
        Pod pod, string phase, ValueList<string> left, ValueList<ContainerStatus> containers, PodView view, PodStatus? previous)
    {
        ValueList<string> unready = [.. containers.Where(status => !status.Ready && (pod.Spec.IsSidecar(status.Name) || !pod.Spec.IsInitContainer(status.Name))).Select(status => status.Name)];
        (string Reason, string Message) unreadyBecause = phase switch
        {
            "Succeeded" => ("PodCompleted", ""),
            "Failed" => ("PodFailed", ""),
            _ => ("ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]{FailuresOf(unready, view)}"),
        };
        Condition Say(string type, bool isTrue, string reason = "", string message = "")
        {
            Condition? before = previous?.Conditions.FirstOrDefault(condition => condition.Type == type)
                ?? pod.Status?.Conditions.FirstOrDefault(condition => condition.Type == type);
            string status = isTrue ? "True" : "False";
            return new Condition
            {
                Type = type,
                Status = status,
                LastTransitionTime = before?.Status == status ? before.LastTransitionTime : Seconds(view.Now),
                Reason = isTrue ? null : reason,
                Message = isTrue ? null : message,
            };
        }

        return
        [
            Say("PodReadyToStartContainers", containers.Any(status => status.ContainerID is not null)),
            Say("Initialized", left.IsEmpty, "ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', left)}]"),
            Say("Ready", unready.IsEmpty, unreadyBecause.Reason, unreadyBecause.Message),
            Say("ContainersReady", unready.IsEmpty, unreadyBecause.Reason, unreadyBecause.Message),
            Say("PodScheduled", isTrue: true),
            .. Restarting.Pending(view, pod) is { } why
                ? [
                    new Condition
                    {
                        Type = RestartDrain.ConditionType,
                        Status = "True",
                        LastTransitionTime = view.RestartPendingSince ?? Seconds(view.Now),
                        Reason = "WaitingForRequests",
                        Message = why,
                    },
                ]
                : Array.Empty<Condition>(),
        ];
    }

    /// <summary>What the failing probes got, which the kubelet says in events only: <c>; web: Readiness probe failed: HTTP probe failed with statuscode: 503</c>.</summary>
    private static string FailuresOf(ValueList<string> unready, PodView view) => string.Concat(
        from name in unready
        let life = view.LivesOf(name).FirstOrDefault()
        where life?.Phase == ContainerPhase.Running
        let failure = view.Probes[life.Id]?.Failure ?? ""
        where failure.Length > 0
        select $"; {name}: {failure}");

    private static ObservedContainer? Current(PodView view, Container container) => view.LivesOf(container.Name).FirstOrDefault();

    private static DateTimeOffset Seconds(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
