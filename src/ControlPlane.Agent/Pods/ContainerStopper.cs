using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// Ends a container as the kubelet does (<c>killContainer</c>): first its preStop hook, then SIGTERM, and SIGKILL when the grace is over that both share.
/// Worked through: of a grace of 30 s a hook that takes 10 s leaves 20 s after SIGTERM; one that takes all 30 s, or more, leaves 2 s.
/// </summary>
internal sealed class ContainerStopper(IContainerRuntime runtime, HookRunner hooks, EventBuffer events, TimeProvider time)
{
    /// <summary>What a container has after SIGTERM, however long its hook took.</summary>
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(2);

    /// <param name="pod">The pod; null when its record is gone, and so are its hooks.</param>
    /// <param name="name">The container's name.</param>
    /// <param name="id">The life that ends.</param>
    /// <param name="grace">For the hook and the container together.</param>
    /// <param name="cancellationToken">Gives up, and leaves the container as it is.</param>
    /// <exception cref="RuntimeUnavailableException">The runtime does not answer.</exception>
    public async Task StopAsync(Pod? pod, string name, string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        Container? container = pod?.Spec.Containers.FirstOrDefault(candidate => candidate.Name == name);
        if (pod is not null && container?.Lifecycle?.PreStop is { } hook && grace > TimeSpan.Zero)
        {
            long begun = time.GetTimestamp();
            if (await RunHookAsync(pod, container, id, hook, grace, cancellationToken) is { } problem)
            {
                events.Say(pod, name, "Warning", "FailedPreStopHook", $"PreStopHook failed: {problem}");
            }

            TimeSpan left = grace - time.GetElapsedTime(begun);
            grace = left > LeastGrace ? left : LeastGrace;
        }

        await runtime.StopAsync(id, grace, cancellationToken);
    }

    private async Task<string?> RunHookAsync(
        Pod pod, Container container, string id, LifecycleHandler hook, TimeSpan grace, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(grace, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await hooks.RunAsync(pod, container, id, hook, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"not completed in the grace period of {grace.TotalSeconds:0}s";
        }
    }
}
