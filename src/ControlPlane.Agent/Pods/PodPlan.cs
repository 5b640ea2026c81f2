using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>What to do for one pod now.</summary>
internal sealed record PodPlan
{
    public ValueList<PodAction> Actions { get; init; }

    /// <summary>By container name: why one that has no running container waits.</summary>
    public ValueMap<Waiting> Waiting { get; init; }

    /// <summary>Names of containers whose turn comes later, while others of their pod run: their images may be had in the meantime.</summary>
    public ValueList<string> Ahead { get; init; }

    /// <summary>When time alone changes the plan; null when it does not.</summary>
    public DateTimeOffset? RecheckAt { get; init; }

    /// <summary>True when the pod was to stop and nothing is left of it.</summary>
    public bool IsStopped { get; init; }
}

/// <summary>Why a container waits, in the kubelet's words.</summary>
internal sealed record Waiting(string Reason, string Message = "")
{
    /// <summary>The reason of the pod's Warning event about it, where that is another: <c>FailedMount</c> is said of a container that shows <c>ContainerCreating</c>.</summary>
    public string? PodEvent { get; init; }
}

/// <summary>One step, for one container.</summary>
internal abstract record PodAction(string Container);

/// <summary>Begins a life.</summary>
/// <param name="Container">Its name.</param>
/// <param name="RestartCount">How often it has been started before.</param>
/// <param name="NextBackoff">How long it will wait after this life's end.</param>
internal abstract record PodStart(string Container, int RestartCount, TimeSpan NextBackoff) : PodAction(Container)
{
    /// <summary>The node's ports that the life before had: whoever knows them reaches the new one too.</summary>
    public ValueList<HostPort> KeptPorts { get; init; }
}

/// <summary>Pulls the image if need be, makes the container and starts it.</summary>
/// <param name="Container">Its name.</param>
/// <param name="RestartCount">How often it has been started before.</param>
/// <param name="NextBackoff">How long it will wait after this life's end.</param>
/// <param name="NetworkOf">The container whose network it joins; null for its own.</param>
internal sealed record StartContainer(string Container, int RestartCount, TimeSpan NextBackoff, string? NetworkOf)
    : PodStart(Container, RestartCount, NextBackoff);

/// <summary>Makes the pod's sandbox and starts it.</summary>
/// <param name="RestartCount">How many there were before.</param>
internal sealed record StartSandbox(int RestartCount) : PodStart(ContainerIdentity.SandboxName, RestartCount, TimeSpan.Zero);

/// <summary>SIGTERM, grace, SIGKILL.</summary>
/// <param name="Container">Its name.</param>
/// <param name="Id">The life that ends.</param>
/// <param name="Grace">The time between the two signals.</param>
/// <param name="Message">Said in a <c>Killing</c> event.</param>
internal sealed record StopContainer(string Container, string Id, TimeSpan Grace, string Message) : PodAction(Container);

/// <summary>Removes a container that does not run, or a sandbox, which has nothing to end.</summary>
internal sealed record RemoveContainer(string Container, string Id) : PodAction(Container);
