using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Using;

namespace ControlPlane.Simulation.Nodes;

/// <summary>
/// A node's container engine. It outlives the agents that call it, carries out what it was asked even when the one who asked has died, and takes its time.
/// A container runs until it is stopped, its machine goes down, or its version ends by itself (<see cref="Versions"/>).
/// </summary>
internal sealed class SimulatedEngine(string node, Scheduler scheduler, FaultRates faults, SimulatedRegistry registry, SimulatedProbes probes, Dice dice) : IContainerRuntime
{
    /// <summary>The exit code of a container that SIGTERM ended.</summary>
    private const int Terminated = 143;
    private const int Killed = 137;
    private const int Crashed = 1;

    private readonly SortedDictionary<string, ObservedContainer> containers = new(StringComparer.Ordinal);
    private readonly SimulatedImages images = new(node, registry);
    private readonly HashSet<string> probed = new(StringComparer.Ordinal);
    private int lastId;
    private int lastPort = 20_000;

    /// <summary>Tells of each container that has begun to run.</summary>
    public event Action<ObservedContainer>? Started;

    /// <summary>Tells of each running container that is about to be stopped because someone asked for it.</summary>
    public event Action<ObservedContainer>? Stopping;

    /// <summary>Tells of each container that runs no longer; its connections break.</summary>
    public event Action<ObservedContainer>? HasEnded;

    /// <summary>Tells that a container has changed.</summary>
    public event Action? Changed;

    public bool IsDown { get; set; }

    public string Node => node;

    public SimulatedProbes Probes => probes;

    public IEnumerable<ObservedContainer> Running => containers.Values.Where(container => container.Phase == ContainerPhase.Running);

    public string Name => "simulated";

    public bool SharesNetwork => false;

    public bool MountsVolumes => false;

    /// <summary>The machine goes down: nothing runs any longer.</summary>
    public void PowerOff()
    {
        foreach (ObservedContainer container in Running.ToList())
        {
            containers[container.Id] = Ended(container, Killed);
        }
    }

    public Task<string> GetVersionAsync(CancellationToken cancellationToken) => Task.FromResult("simulated://1.0");

    public Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<ObservedContainer>>(dice.Milliseconds(0, 10), () => [.. containers.Values], cancellationToken);

    public async Task WatchAsync(Action onChange, CancellationToken cancellationToken)
    {
        TaskCompletionSource ended = new();
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => ended.TrySetCanceled(cancellationToken));
        Changed += onChange;
        await ended.Task;
    }

    public Task<bool> HasImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult(images.Has(image));

    public Task<string?> ResolveImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult(images.Resolve(image));

    public Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken)
    {
        images.Pull(image);
        return Task.CompletedTask;
    }

    public Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken) => AskAsync(
        dice.Milliseconds(5, 200),
        () =>
        {
            string id = $"{node}-c{++lastId:000}";
            if (request.Container.LivenessProbe is not null)
            {
                probed.Add(id);
            }

            containers[id] = new ObservedContainer
            {
                Id = id,
                Identity = request.Identity,
                Phase = ContainerPhase.Created,
                Image = request.Container.Image ?? "",
                ImageId = request.Image,
                HostPorts = [.. request.Container.Ports.Select(port => new HostPort { Container = request.Container.Name, ContainerPort = port.Number, Protocol = "TCP", Port = ++lastPort })],
            };
            return id;
        },
        cancellationToken);

    public Task<string> CreateSandboxAsync(SandboxRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("pods share no network here");

    public Task StartAsync(string id, CancellationToken cancellationToken) => AskAsync(
        dice.Milliseconds(5, 300),
        () =>
        {
            ObservedContainer created = containers.GetValueOrDefault(id) ?? throw new ContainerStartException($"no such container: {id}");
            containers[id] = created with { Phase = ContainerPhase.Running, StartedAt = WholeSecondsNow() };
            if (Versions.IsCrashing(created.Image))
            {
                scheduler.After(dice.Milliseconds(20, 1_500), () => End(id, Crashed));
            }

            if (probed.Contains(id))
            {
                probes.Begin(id, () => containers.GetValueOrDefault(id)?.Phase == ContainerPhase.Running);
            }

            Started?.Invoke(containers[id]);
            Changed?.Invoke();
            return true;
        },
        cancellationToken);

    public async Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        bool isStubborn = dice.Chance(0.1);
        TimeSpan takes = isStubborn ? grace : TimeSpan.FromTicks(Math.Min(grace.Ticks, dice.Milliseconds(10, 1_500).Ticks));
        await AskAsync(dice.Milliseconds(0, 20), () => SayStopping(id), cancellationToken);
        await AskAsync(takes, () => End(id, isStubborn ? Killed : Terminated), cancellationToken);
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => AskAsync(
        dice.Milliseconds(1, 100),
        () =>
        {
            SayStopping(id);
            containers.Remove(id);
            Changed?.Invoke();
            return true;
        },
        cancellationToken);

    /// <summary>Only probes run commands here. What is not answered, or too late, has failed too.</summary>
    public async Task<ExecResult> ExecAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        try
        {
            return new ExecResult(await AskAsync(dice.Milliseconds(1, 20), () => probes.Answer(id, command[0]), cancellationToken), "");
        }
        catch (Exception exception) when (exception is OperationCanceledException or RuntimeUnavailableException)
        {
            probes.Fail(id, command[0]);
            throw;
        }
    }

    public Task CopyLogsAsync(string id, LogOptions options, Stream target, CancellationToken cancellationToken) =>
        throw new NotSupportedException("no one reads logs here");

    public Task CleanAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private bool SayStopping(string id)
    {
        if (containers.GetValueOrDefault(id) is { Phase: ContainerPhase.Running } running)
        {
            Stopping?.Invoke(running);
        }

        return true;
    }

    private bool End(string id, int exitCode)
    {
        if (containers.GetValueOrDefault(id) is { Phase: ContainerPhase.Running } running)
        {
            containers[id] = Ended(running, exitCode);
            Changed?.Invoke();
        }

        return true;
    }

    private ObservedContainer Ended(ObservedContainer container, int exitCode)
    {
        HasEnded?.Invoke(container);
        return container with { Phase = ContainerPhase.Exited, FinishedAt = WholeSecondsNow(), ExitCode = exitCode };
    }

    /// <summary>Does something after a while, and answers after another.</summary>
    private async Task<T> AskAsync<T>(TimeSpan takes, Func<T> act, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource<T> reply = new();
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
        scheduler.After(takes, () =>
        {
            if (IsDown)
            {
                reply.TrySetException(new RuntimeUnavailableException("the simulated engine does not answer"));
                return;
            }

            try
            {
                T answer = act();
                scheduler.After(faults.Strikes(faults.LateMessages) ? dice.Milliseconds(1, 1_000) : dice.Milliseconds(0, 2), () => reply.TrySetResult(answer));
            }
            catch (ContainerStartException refusal)
            {
                reply.TrySetException(refusal);
            }
        });
        return await reply.Task;
    }

    private DateTimeOffset WholeSecondsNow() => DateTimeOffset.FromUnixTimeSeconds(scheduler.Now.ToUnixTimeSeconds());
}
