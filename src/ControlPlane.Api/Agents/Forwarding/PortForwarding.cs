using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Spdy;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Agents.Forwarding;

/// <summary>Carries a client's connections to a pod's ports, each over a stream of the agent's own: one that fails or is not read leaves the others alone.</summary>
internal sealed partial class PortForwarding(StreamBroker broker, StreamDialing dialing, TimeProvider time, ILogger<PortForwarding> logger)
{
    /// <summary>Runs one session, until the client has gone.</summary>
    public async Task RunAsync(SpdyConnection client, ForwardedPod pod, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ForwardedPairs pairs = new();
        ConcurrentDictionary<ForwardedPair, Task> connections = new();
        Task running = client.RunAsync(
            stream =>
            {
                if (pairs.Take(stream) is { } pair)
                {
                    connections[pair] = ForwardAsync(pair, pod, ending.Token);
                }
            },
            ending.Token);
        try
        {
            await UntilEndedOrIdleAsync(running, connections, ending.Token);
        }
        finally
        {
            await ending.CancelAsync();
            await StreamSessions.EndedAsync(running);
            await Task.WhenAll(connections.Values);
        }
    }

    /// <summary>Runs one session whose ports are given, until all of its connections are over or the client has gone.</summary>
    public async Task RunAsync(ChannelForwarding client, ForwardedPod pod, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ConcurrentDictionary<ForwardedPair, Task> connections = new(client.Pairs.ToDictionary(pair => pair, pair => ForwardAsync(pair, pod, ending.Token)));
        Task[] forwarding = [.. connections.Values];
        Task receiving = client.ReceiveAsync(ending.Token);
        try
        {
            await UntilEndedOrIdleAsync(Task.WhenAny(receiving, Task.WhenAll(forwarding)), connections, ending.Token);
            await client.CloseAsync(ending.Token);
        }
        catch (Exception end) when (StreamSessions.IsEnd(end))
        {
            LogClientGone(logger, pod.Node);
        }
        finally
        {
            await ending.CancelAsync();
            await StreamSessions.EndedAsync(receiving);
            await Task.WhenAll(forwarding);
        }
    }

    private async Task UntilEndedOrIdleAsync(Task running, ConcurrentDictionary<ForwardedPair, Task> connections, CancellationToken cancellationToken)
    {
        long lastBusy = time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested && time.GetElapsedTime(lastBusy) < StreamSessions.IdleMax)
        {
            if (await Task.WhenAny(running, Task.Delay(StreamSessions.IdleCheckInterval, time, cancellationToken)) == running)
            {
                return;
            }

            foreach ((ForwardedPair pair, Task ended) in connections)
            {
                lastBusy = time.GetTimestamp();
                if (ended.IsCompleted)
                {
                    connections.TryRemove(pair, out _);
                }
            }
        }
    }

    /// <summary>One connection; whatever becomes of it is said on its streams.</summary>
    private async Task ForwardAsync(ForwardedPair pair, ForwardedPod pod, CancellationToken cancellationToken)
    {
        try
        {
            string? failure = await FailureOfAsync(pair, pod, cancellationToken);
            if (failure is not null)
            {
                string text = $"error forwarding port {pair.Port} to pod {pod.Name}, uid {pod.Request.PodUid}: {failure}";
                await pair.Error.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
            }

            await pair.Error.EndAsync(cancellationToken);
            await pair.Data.EndAsync(cancellationToken);
        }
        catch (Exception end) when (StreamSessions.IsEnd(end))
        {
            LogClientGone(logger, pod.Node);
        }
        finally
        {
            await pair.Data.Input.CompleteAsync();
            await pair.Error.Input.CompleteAsync();
        }
    }

    private async Task<string?> FailureOfAsync(ForwardedPair pair, ForwardedPod pod, CancellationToken cancellationToken)
    {
        using PendingStream stream = broker.Open(pod.Node, pod.RequestFor(pair.Port));
        try
        {
            AgentStream source = await dialing.ConnectAsync(stream, cancellationToken);
            await AgentRefusal.ThrowIfRefusedAsync(stream, source, cancellationToken);
            return source.Connection is { } agent
                ? await CopyAsync(pair, agent, cancellationToken)
                : $"the agent of node {pod.Node} sent a log for a connection";
        }
        catch (ApiException refused)
        {
            return refused.Status.Message;
        }
        catch (IOException)
        {
            // Either side has gone. A client that has is told nothing.
            return $"the connection to the agent of node {pod.Node} was broken off";
        }
    }

    private static async Task<string?> CopyAsync(ForwardedPair pair, StreamConnection agent, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task sending = SendAsync(pair.Data.Input, agent[StreamChannels.Data], ending.Token);

        // Not cut off with its connection: the client's transport carries others, and half a frame would end them all.
        Task<string> receiving = ReceiveAsync(agent, pair.Data, cancellationToken);
        try
        {
            // When the client has broken off there is nobody to receive for; when it has only ended its direction the pod may still answer.
            if (await Task.WhenAny(sending, receiving) == sending)
            {
                await sending;
            }

            string failure = await receiving;
            return failure.Length > 0 ? failure : null;
        }
        finally
        {
            await ending.CancelAsync();
            await agent.DisposeAsync();
            await StreamSessions.EndedAsync(sending);
            await StreamSessions.EndedAsync(receiving);
        }
    }

    /// <summary>What the pod says, to its end; returns what the agent says about it then.</summary>
    private static async Task<string> ReceiveAsync(StreamConnection agent, IForwardedStream data, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[StreamFrameHead.PayloadBytesMax];
        while (await agent[StreamChannels.Data].ReadAsync(buffer.AsMemory(), cancellationToken) is var count and > 0)
        {
            await data.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        await data.EndAsync(cancellationToken);
        int length = await agent[StreamChannels.Error].ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static async Task SendAsync(PipeReader input, StreamChannel agent, CancellationToken cancellationToken)
    {
        await input.CopyToAsync(agent, cancellationToken);
        await agent.EndAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Debug, "a forwarded connection to a pod on node {Node} was broken off")]
    private static partial void LogClientGone(ILogger logger, string node);
}
