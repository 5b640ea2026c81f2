using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using ControlPlane.Agent.Runtimes.Docker;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ControlPlane.Bench.Limits;

/// <summary>
/// A Docker Engine that is asked for containers by nobody but this: the same image, on a bridge network, one published port each, as many calls at once as an agent makes. It makes the image,
/// too: one program of a few instructions that sleeps, so that what is measured is the engine.
/// </summary>
internal sealed class BareEngine : IAsyncDisposable
{
    /// <summary>The image's repository; its tags are <see cref="Versions"/>.</summary>
    public const string Repository = "controlplane-bench";

    private const string Network = "controlplane-bench";

    /// <summary>As many as an agent starts.</summary>
    private const int AtOnce = 8;

    private const string Port = "8080/tcp";

    private readonly DockerClient client;
    private readonly Stack<string> containers = new();

    private BareEngine(DockerClient client) => this.client = client;

    /// <summary>Tags of the image.</summary>
    public static IReadOnlyList<string> Versions { get; } = ["v1", "v2"];

    /// <param name="address">Where the engine listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BenchException">No engine answers, or it refuses.</exception>
    public static async Task<BareEngine> StartAsync(Uri address, CancellationToken cancellationToken)
    {
        BareEngine engine = new(new DockerClientBuilder().WithEndpoint(address).WithTimeout(Timeout.InfiniteTimeSpan).Build());
        try
        {
            await engine.MakeImageAsync(cancellationToken);
            await engine.client.Networks.CreateNetworkAsync(new NetworksCreateParameters { Name = Network, Driver = "bridge" }, cancellationToken);
            return engine;
        }
        catch (Exception failure) when (failure is DockerApiException || DockerCall.IsAway(failure))
        {
            await engine.DisposeAsync();
            throw new BenchException($"the Docker Engine at {address}: {DockerCall.Reason(failure)}", failure);
        }
    }

    /// <summary>Makes and starts so many containers; how many seconds that took.</summary>
    public Task<double> RunAsync(int count, CancellationToken cancellationToken) => TimedAsync(Enumerable.Range(0, count), StartContainerAsync, cancellationToken);

    /// <summary>Stops and removes so many of them; how many seconds that took.</summary>
    public Task<double> RemoveAsync(int count, CancellationToken cancellationToken) =>
        TimedAsync([.. Enumerable.Range(0, count).Select(_ => containers.Pop())], StopContainerAsync, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await RemoveAsync(containers.Count, CancellationToken.None);
            await client.Networks.DeleteNetworkAsync(Network, CancellationToken.None);
            foreach (string version in Versions)
            {
                await client.Images.DeleteImageAsync($"{Repository}:{version}", new ImageDeleteParameters { Force = true }, CancellationToken.None);
            }
        }
        catch (Exception failure) when (failure is DockerApiException || DockerCall.IsAway(failure))
        {
            // What was never made, or an engine that is away: there is nothing to take away.
        }

        client.Dispose();
    }

    private static async Task<double> TimedAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, ValueTask> act, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, act);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async ValueTask StartContainerAsync(int index, CancellationToken cancellationToken)
    {
        CreateContainerParameters parameters = new()
        {
            Name = $"{Repository}-{index.ToString(CultureInfo.InvariantCulture)}",
            Image = $"{Repository}:{Versions[0]}",
            ExposedPorts = new Dictionary<string, EmptyStruct> { [Port] = default },
            HostConfig = new HostConfig
            {
                NetworkMode = Network,
                PortBindings = new Dictionary<string, IList<PortBinding>> { [Port] = [new PortBinding { HostIP = "127.0.0.1", HostPort = "" }] },
                LogConfig = new LogConfig { Type = "json-file" },
            },
        };
        string id = (await client.Containers.CreateContainerAsync(parameters, cancellationToken)).ID;
        lock (containers)
        {
            containers.Push(id);
        }

        await client.Containers.StartContainerAsync(id, new ContainerStartParameters(), cancellationToken);
    }

    private async ValueTask StopContainerAsync(string id, CancellationToken cancellationToken)
    {
        // The program takes no notice of being asked to end.
        await client.Containers.StopContainerAsync(id, new ContainerStopParameters { WaitBeforeKillSeconds = 0 }, cancellationToken);
        await client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters(), cancellationToken);
    }

    private async Task MakeImageAsync(CancellationToken cancellationToken)
    {
        string architecture = (await client.System.GetVersionAsync(cancellationToken)).Arch;
        byte[] program = PauseProgram.For(architecture) ?? throw new BenchException($"there is no program that sleeps for {architecture}");
        using MemoryStream archive = new();
        await using (TarWriter writer = new(archive, leaveOpen: true))
        {
            PaxTarEntry entry = new(TarEntryType.RegularFile, "pause")
            {
                DataStream = new MemoryStream(program),
                Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute,
            };
            await writer.WriteEntryAsync(entry, cancellationToken);
        }

        ImagesCreateParameters parameters = new()
        {
            FromSrc = "-",
            Repo = Repository,
            Tag = Versions[0],
            Changes = ["ENTRYPOINT [\"/pause\"]"],
        };
        archive.Position = 0;
        await client.Images.CreateImageAsync(parameters, archive, new AuthConfig(), new Progress<JSONMessage>(), cancellationToken);
        foreach (string version in Versions.Skip(1))
        {
            await client.Images.TagImageAsync($"{Repository}:{Versions[0]}", new ImageTagParameters { RepositoryName = Repository, Tag = version }, cancellationToken);
        }
    }
}
