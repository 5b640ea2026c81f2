using ControlPlane.Agent.Runtimes;

namespace ControlPlane.Agent.Streams;

/// <summary>The lives of a pod's container.</summary>
internal static class ContainerLives
{
    /// <summary>Those that have started, the latest first; of any container when none is named.</summary>
    /// <exception cref="RuntimeUnavailableException">The runtime does not answer.</exception>
    public static async Task<IReadOnlyList<ObservedContainer>> OfAsync(
        IContainerRuntime runtime, string podUid, string name, CancellationToken cancellationToken) =>
    [
        .. (await runtime.ListAsync(cancellationToken))
            .Where(container => container.Identity.PodUid == podUid
                && !container.Identity.IsSandbox
                && (name.Length == 0 || container.Identity.Container == name)
                && container.Phase != ContainerPhase.Created)
            .OrderByDescending(container => container.Identity.RestartCount),
    ];
}
