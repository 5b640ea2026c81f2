using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes;

/// <summary>
/// What runs containers on this host. Every call may throw <see cref="RuntimeUnavailableException"/> when the runtime does not answer:
/// then nothing is known, and nothing may be concluded about any container.
/// </summary>
internal interface IContainerRuntime
{
    /// <summary>The word before <c>://</c> in container ids, such as <c>docker</c>.</summary>
    string Name { get; }

    /// <summary>True when the containers of a pod of several share one network, which a sandbox holds for them.</summary>
    bool SharesNetwork { get; }

    /// <summary>True when a container can have volumes; another runtime refuses one that mounts any.</summary>
    bool MountsVolumes { get; }

    /// <summary>Product and version, such as <c>docker://20.10.24</c>.</summary>
    Task<string> GetVersionAsync(CancellationToken cancellationToken);

    /// <summary>Every container of this node, dead ones too.</summary>
    Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Calls back when a container may have changed, until it is cancelled or the runtime goes away.</summary>
    Task WatchAsync(Action onChange, CancellationToken cancellationToken);

    Task<bool> HasImageAsync(string image, CancellationToken cancellationToken);

    /// <summary>
    /// What the name of a present image stands for: its repository with a registry's digest (<c>hello@sha256:…</c>), or the runtime's id of one that no registry gave
    /// (<c>sha256:…</c>). Null when it is not there, and for a runtime whose images are no more than names.
    /// </summary>
    Task<string?> ResolveImageAsync(string image, CancellationToken cancellationToken);

    /// <exception cref="ImagePullException">The image could not be had; the message says why.</exception>
    Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken);

    /// <summary>Makes a container that does not run yet, and returns its id.</summary>
    /// <exception cref="ContainerStartException">The runtime refused; the message says why.</exception>
    /// <exception cref="ContainerConfigurationException">The container asks for what cannot be done here; the message says for what.</exception>
    Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken);

    /// <summary>Makes a pod's sandbox, which does not run yet, and returns its id. Asked for only of a runtime whose pods share a network.</summary>
    /// <exception cref="ContainerStartException">The runtime refused; the message says why.</exception>
    Task<string> CreateSandboxAsync(SandboxRequest request, CancellationToken cancellationToken);

    /// <exception cref="ContainerStartException">The container could not be started; the message says why.</exception>
    Task StartAsync(string id, CancellationToken cancellationToken);

    /// <summary>SIGTERM, then SIGKILL after the grace; returns when the container has stopped. One that is gone is no error.</summary>
    Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Removes a container, by force if it runs. One that is gone is no error.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Runs a command in a container and returns its exit code and the first kilobytes of its output.</summary>
    /// <exception cref="ContainerStartException">The command could not be started.</exception>
    Task<ExecResult> ExecAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken);

    /// <summary>Copies a container's log to a stream; with <see cref="LogOptions.Follow"/>, until the container ends.</summary>
    Task CopyLogsAsync(string id, LogOptions options, Stream target, CancellationToken cancellationToken);

    /// <summary>Removes what no longer serves anything, such as unused images on a full disk.</summary>
    Task CleanAsync(CancellationToken cancellationToken);
}

/// <summary>The output is cut at <see cref="MaxOutputBytes"/>.</summary>
internal sealed record ExecResult(int ExitCode, string Output)
{
    public const int MaxOutputBytes = 10 * 1024;
}

/// <summary>The runtime does not answer. Nothing is known about its containers until it does again.</summary>
internal sealed class RuntimeUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An image could not be had.</summary>
internal sealed class ImagePullException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A container could not be created or started.</summary>
internal sealed class ContainerStartException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A container was not made, for what its pod says cannot be done here (Kubernetes: <c>CreateContainerConfigError</c>).</summary>
internal sealed class ContainerConfigurationException(string message) : Exception(message);

/// <summary>What is needed to make a container.</summary>
internal sealed record ContainerRequest
{
    public required ContainerIdentity Identity { get; init; }

    public required Pod Pod { get; init; }

    public required Container Container { get; init; }

    /// <summary>What the container is made from: its image's name, or the digest that the name stands for in the pod's revision.</summary>
    public required string Image { get; init; }

    /// <summary>Whom the image runs as, where that matters; empty for root.</summary>
    public string ImageUser { get; init; } = "";

    /// <summary>The container whose network this one joins; null for a network of its own.</summary>
    public string? NetworkOf { get; init; }

    /// <summary>The Services that it is told of in its variables.</summary>
    public ValueList<ServiceAddress> Services { get; init; }

    /// <summary>What its variables may take from ConfigMaps and Secrets.</summary>
    public ValueList<EnvironmentContent> EnvironmentContents { get; init; }

    /// <summary>The pod's volumes as it sees them.</summary>
    public ValueList<ContainerMount> Mounts { get; init; }

    /// <summary>The ports of the node that its earlier life had, to be had again.</summary>
    public ValueList<HostPort> KeptPorts { get; init; }
}

/// <summary>What is needed to make a pod's sandbox.</summary>
internal sealed record SandboxRequest
{
    public required ContainerIdentity Identity { get; init; }

    public required Pod Pod { get; init; }

    /// <summary>The ports of the node that the sandbox before it had, to be had again.</summary>
    public ValueList<HostPort> KeptPorts { get; init; }
}
