using System.Globalization;
using System.Net;
using System.Text;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Routing;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>
/// Runs pods on Docker Engine. Several agents may share one engine: each sees only containers that carry its node's name. The containers of a pod
/// of several share the network of its sandbox, which publishes the ports of all of them on the node's address; an only one has its own.
/// </summary>
internal sealed class DockerRuntime(
    AgentOptions options,
    DockerClient client,
    DockerInventory inventory,
    DockerImages images,
    DockerSandbox sandboxes,
    DockerNetwork network,
    DockerTerminationMessages messages,
    TimeProvider time)
    : IContainerRuntime, ICommandRuntime
{
    private readonly DockerCommands commands = new(client, time);

    public string Name => "docker";

    public bool SharesNetwork => true;

    public bool MountsVolumes => true;

    public Task<string> GetVersionAsync(CancellationToken cancellationToken) =>
        DockerCall.RunAsync(async token => $"docker://{(await client.System.GetVersionAsync(token)).Version}", time, cancellationToken);

    public Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) => inventory.ListAsync(cancellationToken);

    public async Task WatchAsync(Action onChange, CancellationToken cancellationToken)
    {
        ContainerEventsParameters filters = new()
        {
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["type"] = new Dictionary<string, bool> { ["container"] = true },
                ["label"] = new Dictionary<string, bool> { [$"{ContainerLabels.Node}={options.NodeName}"] = true },
            },
        };
        try
        {
            await client.System.MonitorEventsAsync(filters, new Listener<Message>(message => OnEvent(message, onChange)), cancellationToken);
        }
        catch (Exception exception) when (DockerCall.IsAway(exception) || exception is DockerApiException)
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
    }

    public Task<bool> HasImageAsync(string image, CancellationToken cancellationToken) => images.HasAsync(image, cancellationToken);

    public Task<string?> ResolveImageAsync(string image, CancellationToken cancellationToken) => images.ResolveAsync(image, cancellationToken);

    public Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken) => images.PullAsync(image, login, cancellationToken);

    public async Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken)
    {
        NodeNetwork joined = await StartingAsync(network.EnsureAsync, cancellationToken);
        string imageUser = EffectiveSecurity.Of(request.Pod, request.Container).AsksForImageUser ? await images.UserOfAsync(request.Image, cancellationToken) : "";
        CreateContainerParameters parameters = DockerContainer.From(request with { ImageUser = imageUser }, options, joined);
        if (request.NetworkOf is null)
        {
            network.Join(parameters, request.Pod, joined);
        }

        if (!request.Mounts.IsEmpty)
        {
            parameters.HostConfig!.Mounts = DockerMounts.Of(request.Mounts, await MemoryVolumesAsync(request, cancellationToken));
        }

        Mount message = messages.Bind(parameters, TerminationMessage.PathOf(request.Container));
        try
        {
            return await CreateAsync(parameters, cancellationToken);
        }
        catch (ContainerStartException exception) when (exception.InnerException is DockerApiException { StatusCode: HttpStatusCode.BadRequest })
        {
            // An engine on another machine, or one that has the agent in a container, does not find the file.
            DockerTerminationMessages.Unbind(parameters, message);
            return await CreateAsync(parameters, cancellationToken);
        }
    }

    public Task<string> CreateSandboxAsync(SandboxRequest request, CancellationToken cancellationToken) =>
        StartingAsync(token => sandboxes.CreateAsync(request, token), cancellationToken);

    public Task StartAsync(string id, CancellationToken cancellationToken) =>
        StartingAsync(token => client.Containers.StartContainerAsync(id, new ContainerStartParameters(), token), cancellationToken);

    public async Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        try
        {
            // The engine answers when the container has stopped, so the time that it may take is the grace and not the usual limit.
            await client.Containers.StopContainerAsync(
                id, new ContainerStopParameters { WaitBeforeKillSeconds = (uint)Math.Max(0, grace.TotalSeconds) }, cancellationToken);
        }
        catch (DockerContainerNotFoundException)
        {
            return;
        }
        catch (Exception exception) when (DockerCall.IsAway(exception) || exception is DockerApiException)
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
        finally
        {
            inventory.Forget(id);
        }
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await DockerCall.RunAsync(
                async token =>
                {
                    await client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, token);
                    return true;
                },
                time,
                cancellationToken);
        }
        catch (DockerContainerNotFoundException)
        {
            return;
        }
        catch (DockerApiException exception)
        {
            // For instance "removal is already in progress": looked at again in the next pass.
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
        finally
        {
            inventory.Forget(id);
        }
    }

    public async Task<ExecResult> ExecAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        try
        {
            ContainerExecCreateParameters parameters = new() { Cmd = [.. command], AttachStdout = true, AttachStderr = true };
            string exec = (await client.Exec.CreateContainerExecAsync(id, parameters, cancellationToken)).ID;
            using MultiplexedStream stream = await client.Exec.StartContainerExecAsync(exec, new ContainerExecStartParameters(), cancellationToken);
            using MemoryStream output = new();
            await CopyAsync(stream, output, ExecResult.MaxOutputBytes, cancellationToken);
            ContainerExecInspectResponse ended = await client.Exec.InspectContainerExecAsync(exec, cancellationToken);
            return new ExecResult((int)(ended.ExitCode ?? -1), Encoding.UTF8.GetString(output.ToArray()));
        }
        catch (DockerApiException exception)
        {
            throw new ContainerStartException(DockerCall.Reason(exception), exception);
        }
        catch (Exception exception) when (DockerCall.IsAway(exception))
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
    }

    public Task<CommandOutcome> RunAsync(string id, ExecOptions options, StreamConnection peer, CancellationToken cancellationToken) =>
        commands.RunAsync(id, options, peer, cancellationToken);

    public Task AttachAsync(string id, AttachOptions options, StreamConnection peer, CancellationToken cancellationToken) =>
        commands.AttachAsync(id, options, peer, cancellationToken);

    public async Task CopyLogsAsync(string id, LogOptions options, Stream target, CancellationToken cancellationToken)
    {
        DateTimeOffset? since = options.SinceTime ?? (options.SinceSeconds is { } seconds ? time.GetUtcNow() - TimeSpan.FromSeconds(seconds) : null);
        ContainerLogsParameters parameters = new()
        {
            ShowStdout = true,
            ShowStderr = true,
            Follow = options.Follow,
            Timestamps = options.Timestamps,
            Tail = options.TailLines?.ToString(CultureInfo.InvariantCulture),
            Since = since?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        };
        try
        {
            using MultiplexedStream stream = await client.Containers.GetContainerLogsAsync(id, parameters, cancellationToken);
            await CopyAsync(stream, target, options.LimitBytes ?? long.MaxValue, cancellationToken);
        }
        catch (DockerApiException exception)
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
    }

    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ObservedContainer> present = await inventory.ListAsync(cancellationToken);
        messages.Clean(present.Select(container => DockerContainer.NameOf(container.Identity)), time.GetUtcNow());
        await images.CleanAsync(cancellationToken);
    }

    private async Task<string> CreateAsync(CreateContainerParameters parameters, CancellationToken cancellationToken) =>
        (await StartingAsync(token => client.Containers.CreateContainerAsync(parameters, token), cancellationToken)).ID;

    /// <summary>What a pod's sandbox holds in memory: the engine's name for each of its volumes.</summary>
    private async Task<IReadOnlyDictionary<string, string>> MemoryVolumesAsync(ContainerRequest request, CancellationToken cancellationToken) =>
        request.Mounts.OfType<MemoryMount>().Any() && request.NetworkOf is { } sandbox
            ? DockerMounts.MemoryVolumesIn(await StartingAsync(token => client.Containers.InspectContainerAsync(sandbox, token), cancellationToken))
            : new Dictionary<string, string>();

    private async Task<T> StartingAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await DockerCall.RunAsync(call, time, cancellationToken);
        }
        catch (DockerApiException exception)
        {
            throw new ContainerStartException(DockerCall.Reason(exception), exception);
        }
    }

    private void OnEvent(Message message, Action onChange)
    {
        // Probes by exec make events of their own, which change nothing.
        if (message.Action?.StartsWith("exec_", StringComparison.Ordinal) == true)
        {
            return;
        }

        if (message.Actor?.ID is { } id)
        {
            inventory.Forget(id);
        }

        onChange();
    }

    /// <summary>Copies both outputs as they come, so that whoever follows sees a line when it is written.</summary>
    private static async Task CopyAsync(MultiplexedStream source, Stream target, long limitBytes, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        long left = limitBytes;
        while (true)
        {
            MultiplexedStream.ReadResult read = await source.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken);
            if (read.EOF || left == 0)
            {
                return;
            }

            int count = (int)Math.Min(read.Count, left);
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            await target.FlushAsync(cancellationToken);
            left -= count;
        }
    }

    /// <summary>Hears each message in the order it comes, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class Listener<T>(Action<T> hear) : IProgress<T>
    {
        public void Report(T value) => hear(value);
    }
}
