using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// When a running container is ended so that another life of it begins. From the moment that this is decided the pod is not ready; where gateways may send requests to it, the container
/// runs on until they say that they have ended, or for <see cref="RestartDrain.PatienceOfNode"/>.
/// </summary>
internal static class Restarting
{
    /// <summary>The message of the <c>Killing</c> event; null when the container is to run on.</summary>
    /// <param name="view">What is known of the pod.</param>
    /// <param name="pod">Its record.</param>
    /// <param name="container">The container.</param>
    /// <param name="current">Its life.</param>
    /// <param name="network">The container whose network it is to use; null for its own.</param>
    public static string? Why(PodView view, Pod pod, Container container, ObservedContainer current, string? network)
    {
        if (WhyBesidesNetwork(view, pod, container, current) is { } why)
        {
            return why;
        }

        return network is not null && current.NetworkOf != network && current.Id != network
            ? "Pod sandbox changed, it will be killed and re-created."
            : null;
    }

    /// <summary>Until when the restart of a container waits for gateways; null when it does not. What has lost its network, or has not got as far as being ready, has no requests.</summary>
    public static DateTimeOffset? WaitsUntil(PodView view, Pod pod, Container container, ObservedContainer current)
    {
        if (WhyBesidesNetwork(view, pod, container, current) is null || !MayHaveRequests(view, pod, current))
        {
            return null;
        }

        DateTimeOffset since = view.RestartPendingSince ?? view.Now;
        DateTimeOffset end = since + RestartDrain.PatienceOfNode;
        return RestartDrain.IsAnswered(pod, since) || end <= view.Now ? null : end;
    }

    /// <summary>What the pod's condition says of a restart that waits or is under way; null when there is none for which gateways matter.</summary>
    public static string? Pending(PodView view, Pod pod)
    {
        if (pod.Metadata.IsDeleting || PodSync.IsFinished(pod))
        {
            return null;
        }

        foreach (Container container in pod.Spec.AllContainers())
        {
            if (view.LivesOf(container.Name).FirstOrDefault() is { Phase: ContainerPhase.Running } current
                && MayHaveRequests(view, pod, current)
                && WhyBesidesNetwork(view, pod, container, current) is { } why)
            {
                return why;
            }
        }

        return null;
    }

    /// <summary>Whether a life is to end, and the pod not ready therefore.</summary>
    public static bool IsDue(PodView view, Pod pod, Container container, ObservedContainer current) => WhyBesidesNetwork(view, pod, container, current) is not null;

    private static string? WhyBesidesNetwork(PodView view, Pod pod, Container container, ObservedContainer current)
    {
        if (view.Probes[current.Id]?.FailedProbe is { } probe)
        {
            return $"Container {container.Name} failed {probe} probe, will be restarted";
        }

        // Another image for a container that runs to its end is for its next run, if there is one.
        return current.Image != container.Image && (container.IsSidecar() || !pod.Spec.IsInitContainer(container.Name)) && PodSync.MayStop(current, view)
            ? $"Container {container.Name} definition changed, will be restarted"
            : null;
    }

    private static bool MayHaveRequests(PodView view, Pod pod, ObservedContainer current) =>
        view.Probes[current.Id] is not { IsStarted: false } && pod.Spec.AllContainers().Any(container => !container.Ports.IsEmpty);
}
