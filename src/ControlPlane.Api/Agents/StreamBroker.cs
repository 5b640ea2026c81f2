using System.IO.Pipelines;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Agents;

/// <summary>
/// Brings a client that waits for a stream and the agent that dials out for it together. Streams wait in this replica's memory: the agent
/// must be connected here.
/// </summary>
internal sealed class StreamBroker(TimeProvider time)
{
    /// <summary>A stream that was handed to the agent is handed out again after this long without its dialing: the answer may have been lost.</summary>
    private static readonly TimeSpan HandOutAgainAfter = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, PendingStream> streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource> opened = new(StringComparer.Ordinal);

    /// <summary>Asks a node's agent for a stream. Disposing ends it, on both sides.</summary>
    public PendingStream Open(string node, StreamRequest request)
    {
        PendingStream stream = new(this, node, request);
        lock (gate)
        {
            streams[request.Id] = stream;
            if (opened.Remove(node, out TaskCompletionSource? waiting))
            {
                waiting.TrySetResult();
            }
        }

        return stream;
    }

    /// <summary>The streams that a node's agent shall dial for.</summary>
    /// <param name="node">The node.</param>
    /// <returns>All of them, whether one has not been handed out lately, and what completes when the next is opened.</returns>
    public (ValueList<StreamRequest> Requests, bool HasNew, Task Opened) PendingFor(string node)
    {
        lock (gate)
        {
            PendingStream[] pending = [.. streams.Values.Where(stream => stream.Node == node && !stream.IsConnected)];
            bool hasNew = pending.Any(stream => stream.HandedOut is not { } at || time.GetElapsedTime(at) >= HandOutAgainAfter);
            if (!opened.TryGetValue(node, out TaskCompletionSource? signal))
            {
                signal = opened[node] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return (pending.Select(stream => stream.Request).ToValueList(), hasNew, signal.Task);
        }
    }

    /// <summary>Notes that an answer with these streams goes to the agent.</summary>
    public void HandedOut(ValueList<StreamRequest> requests)
    {
        lock (gate)
        {
            foreach (StreamRequest request in requests)
            {
                if (streams.TryGetValue(request.Id, out PendingStream? stream))
                {
                    stream.HandedOut = time.GetTimestamp();
                }
            }
        }
    }

    /// <summary>The node whose agent a stream is asked of; null when nobody waits for such a stream.</summary>
    public string? NodeOf(string id)
    {
        lock (gate)
        {
            return streams.GetValueOrDefault(id)?.Node;
        }
    }

    /// <summary>Gives the agent's side of a stream to who waits for it; null when nobody waits any longer.</summary>
    public PendingStream? Connect(string id, AgentStream source)
    {
        lock (gate)
        {
            return streams.TryGetValue(id, out PendingStream? stream) && stream.TryConnect(source) ? stream : null;
        }
    }

    internal void Close(PendingStream stream)
    {
        lock (gate)
        {
            streams.Remove(stream.Request.Id);
        }
    }
}

/// <summary>What an agent sends for a stream.</summary>
/// <param name="Body">The bytes as they come; for a failure a text that says why.</param>
/// <param name="FailureCode">The HTTP status of a failure; null when the stream could be opened.</param>
internal sealed record AgentStream(PipeReader Body, int? FailureCode);

/// <summary>A stream that a client waits for, or reads.</summary>
internal sealed class PendingStream(StreamBroker broker, string node, StreamRequest request) : IDisposable
{
    private readonly TaskCompletionSource<AgentStream> connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Node => node;

    public StreamRequest Request => request;

    /// <summary>Completes when the agent has dialed.</summary>
    public Task<AgentStream> Connected => connected.Task;

    /// <summary>Completes when the client has read the stream, or has gone.</summary>
    public Task Finished => finished.Task;

    public bool IsConnected => connected.Task.IsCompleted;

    /// <summary>True once the client has read all that the agent sent.</summary>
    public bool IsReadToEnd { get; set; }

    /// <summary>The timestamp at which the agent was last told; null when it was not yet. Guarded by the broker.</summary>
    internal long? HandedOut { get; set; }

    public bool TryConnect(AgentStream source) => connected.TrySetResult(source);

    public void Dispose()
    {
        broker.Close(this);
        finished.TrySetResult();
    }
}
