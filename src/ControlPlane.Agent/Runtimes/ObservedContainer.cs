using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes;

/// <summary>
/// Whose container this is and which life of it: written onto the container when it is made, and read back from it, so that an agent that
/// has just started knows as much about it as the one that made it.
/// </summary>
internal sealed record ContainerIdentity
{
    /// <summary>The name of a pod's sandbox among its containers; no container of a pod can have it, for theirs are in lower case.</summary>
    public const string SandboxName = "POD";

    public required string PodUid { get; init; }

    public required string PodNamespace { get; init; }

    public required string PodName { get; init; }

    /// <summary>The container's name in its pod.</summary>
    public required string Container { get; init; }

    /// <summary>True for the container that holds the network and the ports of its pod, and runs nothing.</summary>
    public bool IsSandbox => Container == SandboxName;

    /// <summary>The identity of the store that ordered the pod.</summary>
    public required string StoreIdentity { get; init; }

    /// <summary>The revision at which this node first saw the pod's record.</summary>
    public required long BornAtRevision { get; init; }

    /// <summary>How often the container has been started before.</summary>
    public int RestartCount { get; init; }

    /// <summary>How long the container waits after its end before it is started again.</summary>
    public TimeSpan NextBackoff { get; init; }
}

internal enum ContainerPhase
{
    /// <summary>Made, never started.</summary>
    Created,
    Running,
    Exited,
}

/// <summary>A container as the runtime sees it. Times are whole seconds, as they are reported.</summary>
internal sealed record ObservedContainer
{
    public required string Id { get; init; }

    public required ContainerIdentity Identity { get; init; }

    public required ContainerPhase Phase { get; init; }

    /// <summary>The image's name as the pod gave it.</summary>
    public required string Image { get; init; }

    /// <summary>The digest it was made from (as in Kubernetes' <c>imageID</c>), or else the runtime's id of the image.</summary>
    public string ImageId { get; init; } = "";

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int ExitCode { get; init; }

    public bool IsOutOfMemory { get; init; }

    /// <summary>Why the runtime could not start it; empty when it could.</summary>
    public string Error { get; init; } = "";

    /// <summary>What it left to be said of its end (Kubernetes: termination message); empty when it left nothing.</summary>
    public string Message { get; init; } = "";

    /// <summary>Where the container itself listens; null when only its published ports can be reached.</summary>
    public string? Address { get; init; }

    /// <summary>The container whose network this one has joined; null when it has its own.</summary>
    public string? NetworkOf { get; init; }

    public ValueList<HostPort> HostPorts { get; init; }

    /// <summary>The address and port at which this host reaches a port of the container.</summary>
    public (string Host, int Port) Reach(int containerPort, string nodeAddress)
    {
        if (Address is not null)
        {
            return (Address, containerPort);
        }

        foreach (HostPort published in HostPorts)
        {
            if (published.ContainerPort == containerPort)
            {
                return (nodeAddress, published.Port);
            }
        }

        return (nodeAddress, containerPort);
    }
}
