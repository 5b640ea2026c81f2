using System.IO.Pipelines;
using ControlPlane.Api.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Infrastructure.Streams;

namespace ControlPlane.Api.Agents;

/// <summary>
/// Brings a client that waits for a stream and the agent that dials out for it together. A stream waits in this replica's memory; agents that are connected
/// here are told of those that wait at other replicas, too, and dial to those.
/// </summary>
internal sealed class StreamBroker(ReplicaAddress address, TimeProvider time)
{
    /// <summary>A stream that was handed to the agent is handed out again after this long without its dialing: the answer may have been lost.</summary>
    private static readonly TimeSpan HandOutAgainAfter = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, PendingStream> streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource> opened = new(StringComparer.Ordinal);

    /// <summary>The timestamps at which agents were last told of streams, by the streams' ids.</summary>
    private readonly Dictionary<string, long> handedOut = new(StringComparer.Ordinal);

    private ValueList<WaitingStream> elsewhere;

    /// <summary>Asks a node's agent for a stream. Disposing ends it, on both sides.</summary>
    public PendingStream Open(string node, StreamRequest request)
    {
        PendingStream stream = new(this, node, request);
        lock (gate)
        {
            streams[request.Id] = stream;
            Wake(node);
        }

        return stream;
    }

    /// <summary>Takes note of the streams that wait at other replicas now: all of them.</summary>
    public void WaitElsewhere(ValueList<WaitingStream> shared)
    {
        lock (gate)
        {
            HashSet<string> known = [.. elsewhere.Select(stream => stream.Request.Id)];
            elsewhere = [.. shared.Where(stream => stream.Request.ReplicaUrl != address.Url)];
            foreach (WaitingStream stream in elsewhere.Where(stream => !known.Contains(stream.Request.Id)))
            {
                Wake(stream.Node);
            }

            foreach (string gone in known.Except(elsewhere.Select(stream => stream.Request.Id)))
            {
                handedOut.Remove(gone);
            }
        }
    }

    /// <summary>The streams that a node's agent shall dial for.</summary>
    /// <param name="node">The node.</param>
    /// <returns>All of them, whether one has not been handed out lately, and what completes when the next is opened.</returns>
    public (ValueList<StreamRequest> Requests, bool HasNew, Task Opened) PendingFor(string node)
    {
        lock (gate)
        {
            StreamRequest[] pending =
            [
                .. streams.Values.Where(stream => stream.Node == node && !stream.IsConnected).Select(stream => stream.Request),
                .. elsewhere.Where(stream => stream.Node == node).Select(stream => stream.Request),
            ];
            bool hasNew = pending.Any(request => !handedOut.TryGetValue(request.Id, out long at) || time.GetElapsedTime(at) >= HandOutAgainAfter);
            if (!opened.TryGetValue(node, out TaskCompletionSource? signal))
            {
                signal = opened[node] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return (pending.ToValueList(), hasNew, signal.Task);
        }
    }

    /// <summary>Notes that an answer with these streams goes to the agent.</summary>
    public void HandedOut(ValueList<StreamRequest> requests)
    {
        lock (gate)
        {
            foreach (StreamRequest request in requests)
            {
                if (streams.ContainsKey(request.Id) || elsewhere.Any(stream => stream.Request.Id == request.Id))
                {
                    handedOut[request.Id] = time.GetTimestamp();
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
            handedOut.Remove(stream.Request.Id);
        }
    }

    private void Wake(string node)
    {
        if (opened.Remove(node, out TaskCompletionSource? waiting))
        {
            waiting.TrySetResult();
        }
    }
}

/// <summary>What an agent sends for a stream.</summary>
/// <param name="Body">The bytes as they come; for a failure a text that says why.</param>
/// <param name="FailureCode">The HTTP status of a failure; null when the stream could be opened.</param>
/// <param name="BrokenOff">Is cancelled when the agent's call ends before its body has.</param>
internal sealed record AgentStream(PipeReader Body, int? FailureCode, CancellationToken BrokenOff)
{
    /// <summary>The channels of a stream in both directions; null for a log, and for a failure.</summary>
    public StreamConnection? Connection { get; private init; }

    /// <summary>A stream in both directions.</summary>
    public static AgentStream Of(StreamConnection connection) =>
        new(PipeReader.Create(Stream.Null), FailureCode: null, CancellationToken.None) { Connection = connection };
}

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

    public bool TryConnect(AgentStream source) => connected.TrySetResult(source);

    public void Dispose()
    {
        broker.Close(this);
        finished.TrySetResult();
    }
}
