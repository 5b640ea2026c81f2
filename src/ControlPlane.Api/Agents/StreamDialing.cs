using ControlPlane.Api.Hosting;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.Streams;

namespace ControlPlane.Api.Agents;

/// <summary>
/// Has a node's agent dial out to this replica for a stream, whichever replica it is connected to: one that is connected here is told at once, and one that
/// is not, or does not dial, by way of the others.
/// </summary>
internal sealed partial class StreamDialing(
    IWaitingStreams waiting, AgentSessions sessions, IResourceCache cache, ReplicaAddress address, TimeProvider time, ILogger<StreamDialing> logger)
{
    /// <summary>How long the agent may take to dial out.</summary>
    private static readonly TimeSpan DialMax = TimeSpan.FromSeconds(15);

    /// <summary>How long an agent that was heard here lately may take before the other replicas are asked: it may have gone to one of them.</summary>
    private static readonly TimeSpan DialHereMax = TimeSpan.FromSeconds(2);

    /// <summary>How long the database may take to forget a stream that nobody waits for any longer; its row goes by itself anyway.</summary>
    private static readonly TimeSpan ForgetMax = TimeSpan.FromSeconds(2);

    /// <summary>Whether any replica has heard of the node's agent lately.</summary>
    public bool CanReach(string node) =>
        sessions.IsConnected(node)
        || (cache.Find(ResourceKinds.Node, new ObjectKey("", node)) as Node)?.Status?.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    /// <summary>The agent's side of a stream.</summary>
    /// <exception cref="ApiException">503: too many streams wait, or the other replicas cannot be asked; 504: the agent did not dial.</exception>
    public async Task<AgentStream> ConnectAsync(PendingStream stream, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        bool isHere = sessions.IsConnected(stream.Node);
        if (isHere && await IsConnectedWithinAsync(stream, DialHereMax, cancellationToken))
        {
            return await stream.Connected;
        }

        bool isShared = await ShareAsync(stream, isHere, cancellationToken);
        try
        {
            return await IsConnectedWithinAsync(stream, DialMax - time.GetElapsedTime(started), cancellationToken)
                ? await stream.Connected
                : throw StatusError.Timeout($"the agent of node {stream.Node} did not open the stream within {DialMax.TotalSeconds} s");
        }
        finally
        {
            if (isShared)
            {
                await ForgetAsync(stream.Request.Id);
            }
        }
    }

    private async Task<bool> IsConnectedWithinAsync(PendingStream stream, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await stream.Connected.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>An agent that is connected here may dial yet, so without the other replicas it is waited for all the same.</summary>
    private async Task<bool> ShareAsync(PendingStream stream, bool isHere, CancellationToken cancellationToken)
    {
        try
        {
            WaitingStream shared = new(stream.Node, stream.Request with { ReplicaUrl = address.Url });
            return await waiting.AddAsync(shared, DialMax, cancellationToken) || isHere
                ? true
                : throw StatusError.ServiceUnavailable("too many streams wait for their agents", retryAfterSeconds: 3);
        }
        catch (StoreUnavailableException failure) when (isHere)
        {
            LogNotShared(logger, stream.Request.Id, failure.Message);
            return false;
        }
    }

    private async Task ForgetAsync(string id)
    {
        using CancellationTokenSource bound = new(ForgetMax, time);
        try
        {
            await waiting.RemoveAsync(id, bound.Token);
        }
        catch (Exception failure) when (failure is StoreUnavailableException or OperationCanceledException)
        {
            LogNotForgotten(logger, id, failure.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "stream {Id} is not made known to other replicas: {Reason}")]
    private static partial void LogNotShared(ILogger logger, string id, string reason);

    [LoggerMessage(2, LogLevel.Debug, "stream {Id} is known to other replicas until its time is up: {Reason}")]
    private static partial void LogNotForgotten(ILogger logger, string id, string reason);
}
