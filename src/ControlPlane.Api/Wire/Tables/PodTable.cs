using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Tables;

internal static class PodTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<Pod>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Ready", "Containers that are ready, of all."),
            TableColumn.Text("Status", "What the pod does, or what it waits for."),
            TableColumn.Text("Restarts", "How often containers were restarted, and when last."),
            TableColumn.Age,
            TableColumn.Text("IP", "The pod's address.").Wide(),
            TableColumn.Text("Node", "The node the pod is bound to.").Wide(),
            TableColumn.Text("Nominated Node", "The node that the pod waits for.").Wide(),
            TableColumn.Text("Readiness Gates", "Readiness gates that are passed, of all.").Wide(),
        ],
        (pod, now) =>
        [
            pod.Name,
            $"{ReadyContainers(pod)}/{pod.Spec.LastingContainers().Count()}",
            Status(pod),
            Restarts(pod, now),
            Ages.Since(pod.Metadata.CreationTimestamp, now),
            OrNone(pod.Status is { PodIPs.IsEmpty: false } status ? status.PodIPs[0].Ip : pod.Status?.PodIP),
            OrNone(pod.Spec.NodeName),
            OrNone(pod.Status?.NominatedNodeName),
            ReadinessGates(pod),
        ]);

    /// <summary>
    /// One word for a pod's state: the phase, unless a container has more to say. The first container's word wins over later ones',
    /// an init container that is not done over all, and the deletion mark over everything.
    /// </summary>
    private static string Status(Pod pod)
    {
        PodStatus status = pod.Status ?? new PodStatus();
        if (pod.Metadata.IsDeleting && status.Reason == "NodeLost")
        {
            return "Unknown";
        }

        if (pod.Metadata.IsDeleting && status.Phase is not ("Succeeded" or "Failed"))
        {
            return "Terminating";
        }

        string reason = !string.IsNullOrEmpty(status.Reason) ? status.Reason : status.Phase ?? "";
        return InitStatus(pod) is { } init ? init : ContainersStatus(status, reason);
    }

    private static string ContainersStatus(PodStatus status, string phase)
    {
        string word = status.ContainerStatuses.Select(container => Word(container.State)).FirstOrDefault(said => said is not null) ?? phase;

        // Some containers ended well and others still run: the pod as a whole runs.
        return word == "Completed" && status.ContainerStatuses.Any(IsReadyAndRunning)
            ? (IsTrue(status, "Ready") ? "Running" : "NotReady")
            : word;
    }

    /// <summary>What an init container that is not done says, such as <c>Init:1/2</c>; null when all are done.</summary>
    private static string? InitStatus(Pod pod)
    {
        PodStatus status = pod.Status ?? new PodStatus();
        if (IsTrue(status, "Initialized"))
        {
            return null;
        }

        for (int i = 0; i < status.InitContainerStatuses.Count; i++)
        {
            ContainerState? state = status.InitContainerStatuses[i].State;
            if (state?.Terminated is { ExitCode: 0 } || IsStartedSidecar(pod, status.InitContainerStatuses[i]))
            {
                continue;
            }

            string? word = state?.Waiting?.Reason == "PodInitializing" ? null : Word(state);
            return "Init:" + (word ?? $"{i}/{pod.Spec.InitContainers.Count}");
        }

        return null;
    }

    /// <summary>Why a container does not run; null when it does, or does not say.</summary>
    private static string? Word(ContainerState? state) => state switch
    {
        { Waiting.Reason: { Length: > 0 } waiting } => waiting,
        { Terminated: { Reason: { Length: > 0 } terminated } } => terminated,
        { Terminated: { Signal: { } signal and not 0 } } => $"Signal:{signal}",
        { Terminated: { } ended } => $"ExitCode:{ended.ExitCode}",
        _ => null,
    };

    /// <summary>Sidecars count as soon as they are ready, the others once all init containers are done.</summary>
    private static int ReadyContainers(Pod pod)
    {
        PodStatus status = pod.Status ?? new PodStatus();
        return status.InitContainerStatuses.Count(container => IsStartedSidecar(pod, container) && container.Ready)
            + (InitStatus(pod) is null ? status.ContainerStatuses.Count(IsReadyAndRunning) : 0);
    }

    private static bool IsStartedSidecar(Pod pod, ContainerStatus container) => container.Started == true && pod.Spec.IsSidecar(container.Name);

    private static bool IsReadyAndRunning(ContainerStatus container) => container.Ready && container.State?.Running is not null;

    /// <summary><c>3 (2m ago)</c>. While init containers run, theirs are counted; then those of the sidecars and of the others.</summary>
    private static string Restarts(Pod pod, DateTimeOffset now)
    {
        PodStatus status = pod.Status ?? new PodStatus();
        ValueList<ContainerStatus> counted = InitStatus(pod) is null
            ? [.. status.InitContainerStatuses.Where(container => pod.Spec.IsSidecar(container.Name)), .. status.ContainerStatuses]
            : status.InitContainerStatuses;
        int restarts = counted.Sum(container => container.RestartCount);
        DateTimeOffset? last = counted.Max(container => container.LastState?.Terminated?.FinishedAt);
        return restarts == 0 || last is null ? $"{restarts}" : $"{restarts} ({Ages.Since(last, now)} ago)";
    }

    private static string ReadinessGates(Pod pod)
    {
        if (pod.Spec.ReadinessGates is not { IsEmpty: false } gates)
        {
            return "<none>";
        }

        using JsonDocument document = JsonDocument.Parse(gates.Text);
        string?[] types = [.. document.RootElement.EnumerateArray().Select(gate => gate.GetProperty("conditionType").GetString())];
        return $"{types.Count(type => IsTrue(pod.Status ?? new PodStatus(), type ?? ""))}/{types.Length}";
    }

    private static bool IsTrue(PodStatus status, string condition) => status.Conditions.Any(item => item.Type == condition && item.Status == "True");

    private static string OrNone(string? value) => string.IsNullOrEmpty(value) ? "<none>" : value;
}
