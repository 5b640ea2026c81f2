using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Streams;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Agent.Hosting;

/// <summary>The parts of an agent, but for what runs its containers: the program adds the runtime that it finds, a benchmark a simulated one.</summary>
internal static class AgentServices
{
    public static IServiceCollection AddAgent(this IServiceCollection services, AgentOptions options)
    {
        services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<Signals>()
            .AddSingleton<NodeBoard>()
            .AddSingleton<DesiredHolder>()
            .AddSingleton<NodeFacts>()
            .AddSingleton(provider => new EventBuffer(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<Signals>().Report))
            .AddTransient(_ => new RetryDelay(Random.Shared.NextDouble))
            .AddSingleton(provider => new ControlPlaneClient(options, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<IControlPlane>(provider => provider.GetRequiredService<ControlPlaneClient>())
            .AddSingleton<Func<Guid>>(Guid.NewGuid)
            .AddSingleton<IDesiredMemory, DesiredFile>()
            .AddSingleton<ImageAgreement>()
            .AddSingleton<PodImages>()
            .AddSingleton<HookRunner>()
            .AddSingleton<ContainerStopper>()
            .AddSingleton<PodFolders>()
            .AddSingleton<PodVolumes>()
            .AddSingleton<ContainerWorker>()
            .AddSingleton<ProbeRunner>()
            .AddSingleton<ProbeManager>()
            .AddSingleton<IStreamHandler, ExecHandler>()
            .AddSingleton<IStreamHandler, AttachHandler>()
            .AddSingleton<IStreamHandler, PortForwardHandler>()
            .AddSingleton<AgentStreams>();

        // Stopped in the reverse order: nothing is reported any more when the pod loop stops the pods.
        services.AddHostedService<PodLoop>();
        services.AddHostedService<RuntimeWatch>();
        services.AddHostedService<Housekeeping>();
        services.AddHostedService(provider => provider.GetRequiredService<AgentStreams>());
        services.AddHostedService<Reporter>();
        services.AddHostedService<DesiredLoop>();
        return services;
    }
}
