using ControlPlane.Agent.Runtimes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Hosting;

/// <summary>Puts the agent together and runs it until it is told to exit.</summary>
internal static class AgentHost
{
    /// <summary>Enough for every pod's grace on exit, and for the last steps.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(45);

    public static async Task RunAsync(AgentOptions options)
    {
        Directory.CreateDirectory(options.DataFolder);
        using IHost host = Build(options);
        RuntimeChoice choice = host.Services.GetRequiredService<RuntimeChoice>();
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        await choice.ChooseAsync(lifetime.ApplicationStopping);
        await host.Services.GetRequiredService<NodeFacts>().LookAsync(lifetime.ApplicationStopping);

        // Said once a signal ends the agent in order: whoever waits for the line may send one at once.
        await host.StartAsync();
        host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ControlPlane.Agent")
            .Starting(options.NodeName, options.NodeAddress.ToString(), choice.Runtime.Name, choice.Why, string.Join(", ", options.Servers));
        await host.WaitForShutdownAsync();
    }

    private static IHost Build(AgentOptions options)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services
            .AddAgent(options)
            .AddSingleton<RuntimeChoice>()
            .AddSingleton<IContainerRuntime>(services => services.GetRequiredService<RuntimeChoice>().Runtime);
        return builder.Build();
    }
}
