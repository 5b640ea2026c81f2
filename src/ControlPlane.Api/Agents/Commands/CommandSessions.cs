using System.Text.Json;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Agents.Commands;

/// <summary>Carries bytes between clients and agents until a command has ended or either has gone.</summary>
internal sealed partial class CommandSessions(TimeProvider time, ILogger<CommandSessions> logger)
{
    /// <summary>How long a client may take to go once it has heard how it ended.</summary>
    private static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(5);

    /// <summary>The longest word of an agent's on how it ended.</summary>
    private const int OutcomeBytesMax = 64 * 1024;

    /// <summary>Runs one session; the agent's side ends with it.</summary>
    public async Task RunAsync(ICommandClient client, StreamConnection agent, string node, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Session session = new(client, agent, time);
        Task receiving = session.ReceiveAsync(ending.Token);
        Task<Status> serving = session.ServeAsync(ending.Token);
        Task<Status> idling = session.BecomeIdleAsync(ending.Token);
        try
        {
            Task first = await Task.WhenAny(receiving, serving, idling);
            if (first == receiving && !serving.IsCompleted)
            {
                LogClientGone(logger, node);
                return;
            }

            Status status = await StatusOfAsync(first == idling ? idling : serving, node);

            // What the client still sends is dropped from here on, and its leave is waited for: a connection that is closed over unread bytes loses the last word.
            await agent.DisposeAsync();
            await client.FinishAsync(status, ending.Token);
            await Task.WhenAny(receiving, Task.Delay(LeaveMax, time, ending.Token));
        }
        catch (Exception gone) when (StreamSessions.IsEnd(gone))
        {
            // The client did not wait for the last word.
            LogClientGone(logger, node);
        }
        finally
        {
            await ending.CancelAsync();
            await agent.DisposeAsync();
            await StreamSessions.EndedAsync(receiving);
            await StreamSessions.EndedAsync(serving);
            await StreamSessions.EndedAsync(idling);
        }
    }

    private static async Task<Status> StatusOfAsync(Task<Status> ended, string node)
    {
        try
        {
            return await ended;
        }
        catch (IOException)
        {
            return StatusError.InternalError($"the agent of node {node} broke the stream off").Status;
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "a client of a command on node {Node} has gone")]
    private static partial void LogClientGone(ILogger logger, string node);

    private sealed class Session(ICommandClient client, StreamConnection agent, TimeProvider time)
    {
        private long lastHeard = time.GetTimestamp();

        /// <summary>Passes what the client sends to the agent. Once that has gone the rest is dropped.</summary>
        public Task ReceiveAsync(CancellationToken cancellationToken) => client.ReceiveAsync(
            async (channel, data) =>
            {
                Volatile.Write(ref lastHeard, time.GetTimestamp());
                if (channel is not (StreamChannels.Stdin or StreamChannels.Resize))
                {
                    return;
                }

                try
                {
                    await (data.IsEmpty ? new ValueTask(agent[channel].EndAsync(cancellationToken)) : agent[channel].WriteAsync(data, cancellationToken));
                }
                catch (IOException)
                {
                    // The agent has gone: those who listen to it say so.
                    return;
                }
            },
            cancellationToken);

        /// <summary>Passes the outputs to the client; returns how it ended.</summary>
        public async Task<Status> ServeAsync(CancellationToken cancellationToken)
        {
            await Task.WhenAll(CopyAsync(StreamChannels.Stdout, cancellationToken), CopyAsync(StreamChannels.Stderr, cancellationToken));
            byte[] outcome = new byte[OutcomeBytesMax];
            int length = await agent[StreamChannels.Error].ReadAtLeastAsync(outcome, outcome.Length, throwOnEndOfStream: false, cancellationToken);
            try
            {
                return CommandStatus.Of(JsonSerializer.Deserialize<CommandOutcome>(outcome.AsSpan(0, length), ResourceJson.Options) ?? new CommandOutcome());
            }
            catch (JsonException broken)
            {
                return StatusError.InternalError($"the agent's word on how the command ended cannot be read: {broken.Message}").Status;
            }
        }

        public async Task<Status> BecomeIdleAsync(CancellationToken cancellationToken)
        {
            while (time.GetElapsedTime(Volatile.Read(ref lastHeard)) < StreamSessions.IdleMax)
            {
                await Task.Delay(StreamSessions.IdleCheckInterval, time, cancellationToken);
            }

            return StatusError.Timeout($"nothing was said for {StreamSessions.IdleMax.TotalHours} h").Status;
        }

        private async Task CopyAsync(int channel, CancellationToken cancellationToken)
        {
            byte[] buffer = new byte[StreamFrameHead.PayloadBytesMax];
            while (await agent[channel].ReadAsync(buffer.AsMemory(), cancellationToken) is var count and > 0)
            {
                Volatile.Write(ref lastHeard, time.GetTimestamp());
                await client.SendAsync(channel, buffer.AsMemory(0, count), cancellationToken);
            }
        }
    }
}
