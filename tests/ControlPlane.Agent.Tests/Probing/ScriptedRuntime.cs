using System.Collections.Concurrent;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;

namespace ControlPlane.Agent.Tests.Probing;

/// <summary>A runtime that answers commands in containers and has images as a test says, and notes what it is told to stop.</summary>
internal sealed class ScriptedRuntime(Func<string, CancellationToken, Task<ExecResult>> answer) : IContainerRuntime
{
    private readonly ConcurrentDictionary<string, int> asked = new(StringComparer.Ordinal);

    public string Name => "scripted";

    public bool SharesNetwork => false;

    public bool MountsVolumes => false;

    /// <summary>What can be pulled, by name, and what each name stands for.</summary>
    public Dictionary<string, string?> Registry { get; } = [];

    /// <summary>What is here.</summary>
    public Dictionary<string, string?> Present { get; } = [];

    public List<string> Pulled { get; } = [];

    /// <summary>What a pull waits for.</summary>
    public Func<string, CancellationToken, Task> BeforePull { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>The grace of each stop.</summary>
    public List<TimeSpan> Stopped { get; } = [];

    /// <summary>What runs.</summary>
    public List<ObservedContainer> Running { get; } = [];

    /// <summary>How often a command was run.</summary>
    public int Asked(string command) => asked.GetValueOrDefault(command);

    public Task<ExecResult> ExecAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        asked.AddOrUpdate(command[0], 1, (_, count) => count + 1);
        return answer(command[0], cancellationToken);
    }

    public Task<string> GetVersionAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ObservedContainer>>(Running);

    public Task WatchAsync(Action onChange, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> HasImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult(Present.ContainsKey(image));

    public Task<string?> ResolveImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult(Present[image]);

    public async Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken)
    {
        Pulled.Add(image);
        await BeforePull(image, cancellationToken);
        Present[image] = Registry.TryGetValue(image, out string? resolved) ? resolved : throw new ImagePullException($"manifest for {image} not found");
    }

    public Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> CreateSandboxAsync(SandboxRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task StartAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        Stopped.Add(grace);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CopyLogsAsync(string id, LogOptions options, Stream target, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CleanAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
