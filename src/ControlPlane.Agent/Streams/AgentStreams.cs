using System.Net;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Streams;

/// <summary>Dials out for each stream that someone waits for: at most <see cref="MaxStreams"/> at once, each served once.</summary>
internal sealed class AgentStreams(ControlPlaneClient client, IContainerRuntime runtime, IEnumerable<IStreamHandler> handlers, ILogger<AgentStreams> log)
    : IHostedService, IDisposable
{
    public const int MaxStreams = 100;

    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<string, Task> running = new(StringComparer.Ordinal);
    private HashSet<string> begun = new(StringComparer.Ordinal);
    private Queue<StreamRequest> waiting = new();

    /// <summary>Begins those that are new, at once or when there is room. A stream that is asked for again is being served already, or has been.</summary>
    public void Serve(IEnumerable<StreamRequest> requests)
    {
        lock (gate)
        {
            ILookup<bool, StreamRequest> asked = requests.ToLookup(request => begun.Contains(request.Id));
            begun = asked[true].Select(request => request.Id).ToHashSet(StringComparer.Ordinal);
            waiting = new Queue<StreamRequest>(asked[false]);
            BeginWaiting();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] served;
        lock (gate)
        {
            waiting.Clear();
            served = [.. running.Values];
        }

        await stopping.CancelAsync();
        await Task.WhenAll(served);
    }

    public void Dispose() => stopping.Dispose();

    /// <summary>As many as there is room for. Called with the lock held, by whoever asks and by whoever makes room.</summary>
    private void BeginWaiting()
    {
        while (running.Count < MaxStreams && waiting.TryDequeue(out StreamRequest? request))
        {
            begun.Add(request.Id);
            Task served = RunAsync(request);
            if (!served.IsCompleted)
            {
                running[request.Id] = served;
            }
        }
    }

    private async Task RunAsync(StreamRequest request)
    {
        try
        {
            await ServeAsync(request, stopping.Token);
        }
        finally
        {
            lock (gate)
            {
                running.Remove(request.Id);
                BeginWaiting();
            }
        }
    }

    private async Task ServeAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await (request.Type == StreamTypes.Logs ? ServeLogAsync(request, cancellationToken) : ServeDuplexAsync(request, cancellationToken));
        }
        catch (StreamRefusedException refusal)
        {
            await RefuseAsync(request, refusal, cancellationToken);
        }
        catch (Exception exception) when (exception is ControlPlaneException or RuntimeUnavailableException or IOException)
        {
            log.StreamFailed(request.Id, exception.Message);
        }
        catch (OperationCanceledException)
        {
            log.StreamFailed(request.Id, "cancelled");
        }
    }

    private async Task ServeLogAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        using HttpContent content = await LogHandler.PrepareAsync(runtime, request, cancellationToken);
        await client.PostStreamAsync(request, content, errorStatus: null, cancellationToken);
    }

    private async Task ServeDuplexAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        IStreamHandler handler = handlers.SingleOrDefault(handler => handler.Type == request.Type)
            ?? throw new StreamRefusedException(HttpStatusCode.BadRequest, $"this agent cannot serve streams of type '{request.Type}'");
        StreamService serve = await handler.PrepareAsync(request, cancellationToken);
        await using StreamConnection connection = new(await client.DialStreamAsync(request, cancellationToken));
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task served = serve(connection, ending.Token);
        if (await Task.WhenAny(served, connection.Closed) != served)
        {
            await ending.CancelAsync();
        }

        await served;
    }

    private async Task RefuseAsync(StreamRequest request, StreamRefusedException refusal, CancellationToken cancellationToken)
    {
        try
        {
            using StringContent reason = new(refusal.Message);
            await client.PostStreamAsync(request, reason, (int)refusal.Status, cancellationToken);
        }
        catch (Exception exception) when (exception is ControlPlaneException or IOException or OperationCanceledException)
        {
            log.StreamFailed(request.Id, exception.Message);
        }
    }
}
