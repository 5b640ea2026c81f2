using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Pods;

/// <summary>What came of the steps for one container.</summary>
/// <param name="Failure">Why it could not be started; null when it was, or when nothing was to be started.</param>
/// <param name="HasStarted">True when it was started.</param>
internal sealed record WorkResult(StartFailure? Failure = null, bool HasStarted = false);

/// <summary>Carries out the steps that <see cref="PodSync"/> decided on, and says so in events, in the kubelet's words.</summary>
internal sealed class ContainerWorker(
    AgentOptions options,
    IContainerRuntime runtime,
    PodImages images,
    PodVolumes volumes,
    DesiredHolder desired,
    HookRunner hooks,
    ContainerStopper stopper,
    EventBuffer events,
    TimeProvider time,
    ILogger<ContainerWorker> log) : IDisposable
{
    private const int MaxStartsAtOnce = 8;

    private readonly SemaphoreSlim starts = new(MaxStartsAtOnce);

    /// <summary>Does the steps for one container, in their order. A runtime that is away ends it; what is left is decided anew later.</summary>
    public async Task<WorkResult> RunAsync(
        Pod? pod, IReadOnlyList<PodAction> actions, Func<PodStart, ContainerIdentity> identify, int failuresBefore, ImageAhead? ahead, CancellationToken cancellationToken)
    {
        WorkResult result = new();
        try
        {
            foreach (PodAction action in actions)
            {
                switch (action)
                {
                    case StopContainer stop:
                        log.Stopping(stop.Id, stop.Message);
                        if (pod is not null)
                        {
                            events.Say(pod, stop.Container, "Normal", "Killing", stop.Message);
                        }

                        await stopper.StopAsync(pod, stop.Container, stop.Id, stop.Grace, cancellationToken);
                        break;
                    case RemoveContainer remove:
                        await runtime.RemoveAsync(remove.Id, cancellationToken);
                        break;
                    case StartSandbox start when pod is not null:
                        result = await StartSandboxAsync(pod, start, identify(start), failuresBefore, cancellationToken);
                        break;
                    case StartContainer start when pod is not null:
                        result = await StartAsync(pod, start, identify(start), failuresBefore, ahead, cancellationToken);
                        break;
                }
            }
        }
        catch (RuntimeUnavailableException exception)
        {
            log.RuntimeUnavailable(exception.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            log.StepsCancelled(pod?.Name ?? "", actions[0].Container);
        }

        return result;
    }

    /// <summary>Has the image of a container before its turn; see <see cref="PodImages.PullAheadAsync"/>.</summary>
    public Task<TimeSpan?> PullAheadAsync(Pod pod, Container container, ImageAhead ahead, CancellationToken cancellationToken) =>
        images.PullAheadAsync(pod, container, ahead, cancellationToken);

    public void Dispose() => starts.Dispose();

    private async Task<WorkResult> StartAsync(
        Pod pod, StartContainer start, ContainerIdentity identity, int failuresBefore, ImageAhead? ahead, CancellationToken cancellationToken)
    {
        Container container = pod.Spec.AllContainers().First(candidate => candidate.Name == start.Container);
        WorkResult Failed(string reason, string message)
        {
            log.StartFailed(pod.Name, container.Name, reason, message);
            events.Say(pod, container.Name, "Warning", "Failed", $"Error: {(reason.StartsWith("ErrImage", StringComparison.Ordinal) ? reason : message)}");
            return new WorkResult(new StartFailure(reason, message, time.GetUtcNow(), failuresBefore + 1));
        }

        string? image;
        try
        {
            image = await images.GetAsync(pod, container, ahead, cancellationToken);
            if (image is null)
            {
                string absent = $"Container image \"{container.Image}\" is not present with pull policy of Never";
                events.Say(pod, container.Name, "Warning", "ErrImageNeverPull", absent);
                return Failed("ErrImageNeverPull", absent);
            }
        }
        catch (ImagePullException exception)
        {
            events.Say(pod, container.Name, "Warning", "Failed", $"Failed to pull image \"{container.Image}\": {exception.Message}");
            return Failed("ErrImagePull", exception.Message);
        }

        // It may have gone while the image was pulled.
        ValueList<EnvironmentContent> contents = desired.EnvironmentContents;
        ContainerConfiguration configuration = new(pod.Namespace, contents);
        if (configuration.ProblemOf(container, desired.IsRemembered) is { } problem)
        {
            return Failed(ContainerConfiguration.ErrorReason, problem);
        }

        ValueList<ContainerMount> mounts;
        try
        {
            mounts = runtime.MountsVolumes ? MountsOf(pod, container, identity, configuration) : [];
        }
        catch (ContainerConfigurationException exception)
        {
            return Failed(ContainerConfiguration.ErrorReason, exception.Message);
        }
        catch (VolumeException exception)
        {
            log.StartFailed(pod.Name, container.Name, VolumeException.EventReason, exception.Message);
            return new WorkResult(
                new StartFailure(Initialization.WaitingReason(pod), exception.Message, time.GetUtcNow(), failuresBefore + 1) { PodEvent = VolumeException.EventReason });
        }

        ContainerRequest request = new()
        {
            Identity = identity,
            Pod = pod,
            Container = container,
            Image = image,
            NetworkOf = start.NetworkOf,
            Services = desired.ServicesFor(pod),
            EnvironmentContents = contents,
            Mounts = mounts,
        };
        string id = "";
        Refusal? refusal = await BeginAsync(
            start.KeptPorts,
            async kept => id = await runtime.CreateAsync(request with { KeptPorts = kept }, cancellationToken),
            verb => events.Say(pod, container.Name, "Normal", verb, $"{verb} container {container.Name}"),
            cancellationToken);
        if (refusal is not null)
        {
            return Failed(refusal.Reason, refusal.Message);
        }

        await RunPostStartAsync(pod, container, id, cancellationToken);
        return new WorkResult(HasStarted: true);
    }

    private ValueList<ContainerMount> MountsOf(Pod pod, Container container, ContainerIdentity identity, ContainerConfiguration configuration)
    {
        Container expanded = SubPathExpressions.AreIn(container)
            ? SubPathExpressions.Expand(container, ContainerEnvironment.Of(pod, container, [], configuration.Contents, NodeValues.Of(options)))
            : container;
        return volumes.Prepare(new VolumeOwner(identity.StoreIdentity, identity.BornAtRevision), pod, expanded, configuration);
    }

    /// <summary>A container whose postStart hook fails is stopped again, and then treated as any that has ended.</summary>
    private async Task RunPostStartAsync(Pod pod, Container container, string id, CancellationToken cancellationToken)
    {
        const string Reason = "FailedPostStartHook";
        if (container.Lifecycle?.PostStart is not { } hook || await hooks.RunAsync(pod, container, id, hook, cancellationToken) is not { } problem)
        {
            return;
        }

        events.Say(pod, container.Name, "Warning", Reason, $"PostStartHook failed: {problem}");
        events.Say(pod, container.Name, "Normal", "Killing", Reason);
        await stopper.StopAsync(pod, container.Name, id, PodSync.Grace(pod), cancellationToken);
    }

    private async Task<WorkResult> StartSandboxAsync(
        Pod pod, StartSandbox start, ContainerIdentity identity, int failuresBefore, CancellationToken cancellationToken)
    {
        const string Reason = "FailedCreatePodSandBox";
        SandboxRequest request = new() { Identity = identity, Pod = pod };
        Refusal? refusal = await BeginAsync(
            start.KeptPorts,
            kept => runtime.CreateSandboxAsync(request with { KeptPorts = kept }, cancellationToken),
            _ => { },
            cancellationToken);
        if (refusal is null)
        {
            return new WorkResult(HasStarted: true);
        }

        string message = $"Failed to create pod sandbox: {refusal.Message}";
        log.StartFailed(pod.Name, identity.Container, Reason, message);
        events.Say(pod, container: null, "Warning", Reason, message);
        return new WorkResult(new StartFailure(Reason, message, time.GetUtcNow(), failuresBefore + 1));
    }

    /// <summary>
    /// Makes and starts a container; null when it runs. Whatever refuses one that wants its old ports back, a port that somebody has taken since
    /// is the first suspect: it is tried once more with new ones.
    /// </summary>
    private async Task<Refusal?> BeginAsync(
        ValueList<HostPort> kept, Func<ValueList<HostPort>, Task<string>> create, Action<string> say, CancellationToken cancellationToken)
    {
        await starts.WaitAsync(cancellationToken);
        try
        {
            Refusal? refusal = await TryBeginAsync(() => create(kept), say, cancellationToken);
            return refusal is null || kept.IsEmpty ? refusal : await TryBeginAsync(() => create([]), say, cancellationToken);
        }
        finally
        {
            starts.Release();
        }
    }

    private async Task<Refusal?> TryBeginAsync(Func<Task<string>> create, Action<string> say, CancellationToken cancellationToken)
    {
        string? id = null;
        try
        {
            id = await create();
            say("Created");
            await runtime.StartAsync(id, cancellationToken);
            say("Started");
            return null;
        }
        catch (ContainerStartException exception)
        {
            if (id is not null)
            {
                await runtime.RemoveAsync(id, cancellationToken);
            }

            return new Refusal(id is null ? "CreateContainerError" : "RunContainerError", exception.Message);
        }
        catch (ContainerConfigurationException exception)
        {
            return new Refusal(ContainerConfiguration.ErrorReason, exception.Message);
        }
    }

    /// <summary>The runtime did not make a container, or made it and did not start it.</summary>
    private sealed record Refusal(string Reason, string Message);
}
