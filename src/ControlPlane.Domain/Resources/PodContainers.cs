namespace ControlPlane.Domain.Resources;

/// <summary>A pod's containers whichever list they are in; no name is in both.</summary>
public static class PodContainers
{
    /// <summary>The init containers in their order, then the others.</summary>
    public static IEnumerable<Container> AllContainers(this PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.InitContainers.IsEmpty ? spec.Containers : spec.InitContainers.Concat(spec.Containers);
    }

    /// <summary>Whether a name is that of an init container.</summary>
    public static bool IsInitContainer(this PodSpec spec, string name)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.InitContainers.Any(container => container.Name == name);
    }

    /// <summary>Whether an init container keeps running beside the containers that come after it (Kubernetes: a sidecar).</summary>
    public static bool IsSidecar(this Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container.RestartPolicy == "Always";
    }

    /// <summary>Whether a name is that of a sidecar.</summary>
    public static bool IsSidecar(this PodSpec spec, string name)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.InitContainers.Any(container => container.Name == name && container.IsSidecar());
    }

    /// <summary>The containers that run as long as the pod does: its sidecars in their order, then the others.</summary>
    public static IEnumerable<Container> LastingContainers(this PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.InitContainers.IsEmpty ? spec.Containers : spec.InitContainers.Where(IsSidecar).Concat(spec.Containers);
    }

    /// <summary>The states of all containers, in the order of <see cref="AllContainers"/>; none when nothing is known.</summary>
    public static IEnumerable<ContainerStatus> AllContainerStatuses(this Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Status is { } status ? status.InitContainerStatuses.Concat(status.ContainerStatuses) : [];
    }

    /// <summary>What the record says of one container; null when it says nothing.</summary>
    public static ContainerStatus? StatusOf(this Pod pod, string container) => pod.AllContainerStatuses().FirstOrDefault(status => status.Name == container);
}
