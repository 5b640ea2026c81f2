using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using ControlPlane.Agent;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Bench.Hollow;

/// <summary>Many nodes in one process: the real agent for each, with a session and connections of its own; only the containers are simulated.</summary>
internal static class HollowNodes
{
    /// <summary>What each node offers: more than any benchmark asks for, so that the number of pods is what limits.</summary>
    private const string Cpu = "1000", Memory = "4Ti";

    private const int MaxPodsOfNode = 10_000;

    /// <summary>Nodes that join at a time.</summary>
    private const int JoinWave = 50;

    /// <summary>Runs until SIGTERM or SIGINT.</summary>
    public static async Task RunAsync(HollowOptions options)
    {
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        List<ServiceProvider> nodes = [];
        foreach (int[] wave in Enumerable.Range(options.First, options.Nodes).Chunk(JoinWave))
        {
            ServiceProvider[] started = [.. wave.Select(index => Build(options, index))];
            await Task.WhenAll(started.Select(node => StartAsync(node, stop.Token)));
            nodes.AddRange(started);
        }

        await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(nodes.Select(StopAsync));
    }

    public static string NameOf(int index) => $"hollow-{index.ToString(CultureInfo.InvariantCulture)}";

    private static ServiceProvider Build(HollowOptions options, int index)
    {
        string folder = Path.Combine(options.DataFolder, NameOf(index));
        Directory.CreateDirectory(folder);
        ServiceCollection services = new();
        services.AddLogging(logging => logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        services.AddAgent(new AgentOptions
        {
            Servers = [options.Server],
            TokenFile = options.TokenFile,
            NodeName = NameOf(index),
            NodeAddress = new IPAddress([127, 10, (byte)(index / 250), (byte)((index % 250) + 1)]),
            DataFolder = folder,
            Cpu = Quantity.Parse(Cpu),
            Memory = Quantity.Parse(Memory),
            MaxPods = MaxPodsOfNode,
        });
        services.AddSingleton<IContainerRuntime>(provider => new HollowRuntime(options.Behaviour, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDesiredMemory, NoMemory>();
        return services.BuildServiceProvider();
    }

    private static async Task StartAsync(ServiceProvider node, CancellationToken cancellationToken)
    {
        await node.GetRequiredService<NodeFacts>().LookAsync(cancellationToken);
        foreach (IHostedService service in node.GetServices<IHostedService>())
        {
            await service.StartAsync(cancellationToken);
        }
    }

    private static async Task StopAsync(ServiceProvider node)
    {
        foreach (IHostedService service in node.GetServices<IHostedService>().Reverse())
        {
            await service.StopAsync(CancellationToken.None);
        }

        await node.DisposeAsync();
    }

    /// <summary>Thousands of nodes on one disk would measure the disk.</summary>
    private sealed class NoMemory : IDesiredMemory
    {
        public Task<DesiredState?> LoadAsync(CancellationToken cancellationToken) => Task.FromResult<DesiredState?>(null);

        public Task SaveAsync(DesiredState state, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
