using System.Collections.Concurrent;
using System.Globalization;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Bench.Hollow;

/// <summary>Runs nothing, and answers as a perfect engine would: every image is there, a container starts after a given time, or does not, and ends when it is told to.</summary>
internal sealed class HollowRuntime(HollowBehaviour behaviour, TimeProvider time) : IContainerRuntime
{
    /// <summary>Where dynamic ports begin on Linux.</summary>
    private const int FirstPort = 32_768;

    private const int Ports = 28_000;

    private readonly ConcurrentDictionary<string, ObservedContainer> containers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> started = new(StringComparer.Ordinal);
    private Action changed = () => { };
    private int made;

    public string Name => "hollow";

    public bool SharesNetwork => false;

    public bool MountsVolumes => false;

    public Task<string> GetVersionAsync(CancellationToken cancellationToken) => Task.FromResult("hollow://1");

    public Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ObservedContainer>>([.. containers.Values]);

    public async Task WatchAsync(Action onChange, CancellationToken cancellationToken)
    {
        Volatile.Write(ref changed, onChange);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public Task<bool> HasImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<string?> ResolveImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken)
    {
        int number = Interlocked.Increment(ref made);
        string id = $"{request.Identity.PodUid}-{number.ToString(CultureInfo.InvariantCulture)}";
        string image = request.Container.Image ?? "";
        containers[id] = new ObservedContainer
        {
            Id = id,
            Identity = request.Identity,
            Phase = ContainerPhase.Created,
            Image = image,
            ImageId = image,
            HostPorts =
            [
                .. request.Container.Ports.Select((port, i) =>
                    new HostPort { Container = request.Container.Name, ContainerPort = port.Number, Port = FirstPort + ((number + i) % Ports), Protocol = port.Protocol ?? "TCP" }),
            ],
        };
        return Task.FromResult(id);
    }

    public Task<string> CreateSandboxAsync(SandboxRequest request, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("hollow pods share no network");

    public async Task StartAsync(string id, CancellationToken cancellationToken)
    {
        if (behaviour.StartDelay > TimeSpan.Zero)
        {
            await Task.Delay(behaviour.StartDelay, time, cancellationToken);
        }

        if (containers.TryGetValue(id, out ObservedContainer? created))
        {
            DateTimeOffset now = WholeSecondsNow();
            started[id] = time.GetTimestamp();
            containers[id] = behaviour.DrawsFailure()
                ? created with { Phase = ContainerPhase.Exited, StartedAt = now, FinishedAt = now, ExitCode = 1 }
                : created with { Phase = ContainerPhase.Running, StartedAt = now };
            Volatile.Read(ref changed)();
        }
    }

    public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (containers.TryGetValue(id, out ObservedContainer? running) && running.Phase == ContainerPhase.Running)
        {
            containers[id] = running with { Phase = ContainerPhase.Exited, FinishedAt = WholeSecondsNow() };
            Volatile.Read(ref changed)();
        }

        return Task.CompletedTask;
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        containers.TryRemove(id, out _);
        started.TryRemove(id, out _);
        Volatile.Read(ref changed)();
        return Task.CompletedTask;
    }

    /// <summary>What a readiness probe asks; any command will do.</summary>
    public Task<ExecResult> ExecAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        bool isReady = started.TryGetValue(id, out long since) && time.GetElapsedTime(since) >= behaviour.ReadyDelay;
        return Task.FromResult(new ExecResult(isReady ? 0 : 1, isReady ? "" : "not ready yet"));
    }

    public Task CopyLogsAsync(string id, LogOptions options, Stream target, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task CleanAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private DateTimeOffset WholeSecondsNow() => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
}
