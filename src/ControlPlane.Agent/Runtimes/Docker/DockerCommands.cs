using ControlPlane.Domain.Agents.Streams;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>Commands in containers, and containers' own outputs, by the engine's connections that it turns into streams.</summary>
internal sealed class DockerCommands(DockerClient client, TimeProvider time)
{
    private static readonly TimeSpan EndPoll = TimeSpan.FromMilliseconds(50);

    public async Task<CommandOutcome> RunAsync(string id, ExecOptions options, StreamConnection peer, CancellationToken cancellationToken)
    {
        ContainerExecCreateParameters parameters = new()
        {
            Cmd = [.. options.Command],
            AttachStdin = options.Stdin,
            AttachStdout = options.Stdout,
            AttachStderr = options.Stderr,
            TTY = options.Tty,
        };
        try
        {
            string exec = (await DockerCall.RunAsync(token => client.Exec.CreateContainerExecAsync(id, parameters, token), time, cancellationToken)).ID;
            using MultiplexedStream stream = await client.Exec.StartContainerExecAsync(exec, new ContainerExecStartParameters { TTY = options.Tty }, cancellationToken);
            using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task input = options.Stdin ? FeedAsync(stream, peer[StreamChannels.Stdin], ending.Token) : Task.CompletedTask;
            Task sizes = options.Tty ? FollowSizeAsync(exec, peer, ending.Token) : Task.CompletedTask;
            try
            {
                await CopyAsync(stream, peer, options.Stderr, cancellationToken);
                return await EndOfAsync(exec, cancellationToken);
            }
            finally
            {
                await ending.CancelAsync();
                await Task.WhenAll(input, sizes);
            }
        }
        catch (DockerApiException exception)
        {
            throw new ContainerStartException(DockerCall.Reason(exception), exception);
        }
        catch (Exception exception) when (DockerCall.IsAway(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
    }

    public async Task AttachAsync(string id, AttachOptions options, StreamConnection peer, CancellationToken cancellationToken)
    {
        ContainerAttachParameters parameters = new() { Stream = true, Stdout = options.Stdout, Stderr = options.Stderr };
        try
        {
            using MultiplexedStream stream = await client.Containers.AttachContainerAsync(id, parameters, cancellationToken);
            await CopyAsync(stream, peer, options.Stderr, cancellationToken);
        }
        catch (DockerApiException exception)
        {
            throw new ContainerStartException(DockerCall.Reason(exception), exception);
        }
        catch (Exception exception) when (DockerCall.IsAway(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
    }

    /// <summary>The outputs may end a moment before the engine has noted the command's end.</summary>
    private async Task<CommandOutcome> EndOfAsync(string exec, CancellationToken cancellationToken)
    {
        while (true)
        {
            ContainerExecInspectResponse seen = await DockerCall.RunAsync(token => client.Exec.InspectContainerExecAsync(exec, token), time, cancellationToken);
            if (!seen.Running)
            {
                return new CommandOutcome { ExitCode = (int)(seen.ExitCode ?? 0) };
            }

            await Task.Delay(EndPoll, time, cancellationToken);
        }
    }

    private static async Task CopyAsync(MultiplexedStream source, StreamConnection peer, bool hasStderr, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[StreamFrameHead.PayloadBytesMax];
        while (await source.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } read)
        {
            int channel = read.Target == MultiplexedStream.TargetStream.StandardError && hasStderr ? StreamChannels.Stderr : StreamChannels.Stdout;
            await peer[channel].WriteAsync(buffer.AsMemory(0, read.Count), cancellationToken);
        }
    }

    private static async Task FeedAsync(MultiplexedStream target, StreamChannel source, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[StreamFrameHead.PayloadBytesMax];
        try
        {
            while (await source.ReadAsync(buffer.AsMemory(), cancellationToken) is var count and > 0)
            {
                await target.WriteAsync(buffer, 0, count, cancellationToken);
            }

            target.CloseWrite();
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The command has ended, or the client has gone: whoever copies the outputs says so.
            return;
        }
    }

    private async Task FollowSizeAsync(string exec, StreamConnection peer, CancellationToken cancellationToken)
    {
        TerminalSizes sizes = new();
        byte[] buffer = new byte[256];
        try
        {
            while (await peer[StreamChannels.Resize].ReadAsync(buffer.AsMemory(), cancellationToken) is var count and > 0)
            {
                if (sizes.Read(buffer.AsSpan(0, count)) is { } size)
                {
                    await client.Exec.ResizeExecTtyAsync(exec, new ContainerResizeParameters { Height = size.Height, Width = size.Width }, cancellationToken);
                }
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or DockerApiException or HttpRequestException)
        {
            // A command that has ended has no terminal to be resized.
            return;
        }
    }
}
