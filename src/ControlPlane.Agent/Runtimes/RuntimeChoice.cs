using ControlPlane.Agent.Runtimes.Docker;
using ControlPlane.Agent.Runtimes.Process;
using Docker.DotNet;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Runtimes;

/// <summary>Decides once, at the start, what runs the containers, and says why.</summary>
internal sealed class RuntimeChoice(AgentOptions options, TimeProvider time, ILoggerFactory logs) : IDisposable
{
    private DockerClient? docker;
    private DockerNetwork? network;
    private ServicesRange? range;
    private IContainerRuntime? runtime;

    public IContainerRuntime Runtime => runtime ?? throw new InvalidOperationException("the runtime has not been chosen yet");

    public string Why { get; private set; } = "";

    /// <exception cref="RuntimeUnavailableException">Docker was asked for and does not answer, or there is no range of addresses for processes.</exception>
    /// <exception cref="FormatException">DOCKER_HOST is no URL, or a command of the catalogue is malformed.</exception>
    public async Task ChooseAsync(CancellationToken cancellationToken)
    {
        if (options.Runtime == "process")
        {
            (runtime, Why) = (Processes(), "as told");
            return;
        }

        Uri endpoint = EngineAddress();
        docker = new DockerClientBuilder().WithEndpoint(endpoint).WithTimeout(Timeout.InfiniteTimeSpan).Build();
        try
        {
            await DockerCall.RunAsync(token => docker.System.GetVersionAsync(token), time, cancellationToken);
            DockerImages images = new(docker, time, logs.CreateLogger<DockerImages>(), DockerImages.UsedPercent);
            network = new DockerNetwork(options, docker, logs.CreateLogger<DockerNetwork>());
            await AnnounceAsync(network, cancellationToken);
            DockerTerminationMessages messages = new(options, docker);
            DockerInventory inventory = new(options, docker, messages, time);
            runtime = new DockerRuntime(options, docker, inventory, images, new DockerSandbox(options, docker, images, network), network, messages, time);
            Why = options.Runtime == "docker" ? "as told" : $"Docker Engine answers at {endpoint}";
        }
        catch (Exception exception) when (exception is RuntimeUnavailableException or DockerApiException)
        {
            string reason = $"Docker Engine does not answer at {endpoint}: {exception.Message}";
            if (options.Runtime == "docker")
            {
                throw new RuntimeUnavailableException(reason, exception);
            }

            (runtime, Why) = (Processes(), reason);
        }
    }

    public void Dispose()
    {
        network?.Dispose();
        range?.Dispose();
        docker?.Dispose();
    }

    /// <summary>An engine that answers and cannot say this now is one all the same: the first pod tells the gateway, or says why not.</summary>
    private async Task AnnounceAsync(DockerNetwork made, CancellationToken cancellationToken)
    {
        try
        {
            await DockerCall.RunAsync(
                async token =>
                {
                    await made.AnnounceAsync(token);
                    return made;
                },
                time,
                cancellationToken);
        }
        catch (Exception exception) when (exception is RuntimeUnavailableException or DockerApiException)
        {
            logs.CreateLogger<RuntimeChoice>().NetworkUnknown(exception.Message);
        }
    }

    private ProcessRuntime Processes()
    {
        range = new ServicesRange(options, logs.CreateLogger<ServicesRange>());
        return new ProcessRuntime(options, new ImageCatalogue(options.Catalogue), range.Claim(), time, logs.CreateLogger<ProcessRuntime>());
    }

    /// <summary>Where Docker Engine listens: what <c>DOCKER_HOST</c> says, else the usual socket.</summary>
    /// <exception cref="FormatException"><c>DOCKER_HOST</c> is no URL.</exception>
    public static Uri EngineAddress()
    {
        string? given = Environment.GetEnvironmentVariable("DOCKER_HOST");
        if (string.IsNullOrEmpty(given))
        {
            return new Uri("unix:///var/run/docker.sock");
        }

        return Uri.TryCreate(given, UriKind.Absolute, out Uri? endpoint) ? endpoint : throw new FormatException($"DOCKER_HOST is no URL: '{given}'");
    }
}
