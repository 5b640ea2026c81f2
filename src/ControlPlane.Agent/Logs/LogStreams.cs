using System.Collections.Concurrent;
using System.Net;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Logs;

/// <summary>Dials out for each stream that someone waits for: at most <see cref="MaxStreams"/> at once, each served once.</summary>
internal sealed class LogStreams(ControlPlaneClient client, IContainerRuntime runtime, ILogger<LogStreams> log) : IHostedService, IDisposable
{
    public const int MaxStreams = 100;

    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, Task> running = new(StringComparer.Ordinal);
    private HashSet<string> begun = new(StringComparer.Ordinal);

    /// <summary>Begins those that are new. A stream that is asked for again is being served already, or has been.</summary>
    public void Serve(IEnumerable<StreamRequest> requests)
    {
        HashSet<string> asked = new(StringComparer.Ordinal);
        foreach (StreamRequest request in requests)
        {
            bool isNew = !begun.Contains(request.Id);
            if (isNew && running.Count >= MaxStreams)
            {
                continue;
            }

            asked.Add(request.Id);
            if (isNew)
            {
                running[request.Id] = ServeAsync(request, stopping.Token);
            }
        }

        begun = asked;
        foreach ((string id, _) in running.Where(entry => entry.Value.IsCompleted).ToList())
        {
            running.TryRemove(id, out _);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await Task.WhenAll(running.Values);
    }

    public void Dispose() => stopping.Dispose();

    private async Task ServeAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        try
        {
            (string? id, string problem) = await FindAsync(request, cancellationToken);
            using HttpContent content = id is null ? new StringContent(problem) : new LogContent(runtime, id, request.Logs ?? new LogOptions(), cancellationToken);
            await client.PostStreamAsync(request, content, id is null ? (int)HttpStatusCode.BadRequest : null, cancellationToken);
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

    private async Task<(string? Id, string Problem)> FindAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        if (request.Type != "logs" || request.Logs is not { } options)
        {
            return (null, $"this agent cannot serve streams of type '{request.Type}'");
        }

        IReadOnlyList<ObservedContainer> lives =
        [
            .. (await runtime.ListAsync(cancellationToken))
                .Where(container => container.Identity.PodUid == request.PodUid
                    && !container.Identity.IsSandbox
                    && (options.Container.Length == 0 || container.Identity.Container == options.Container)
                    && container.Phase != ContainerPhase.Created)
                .OrderByDescending(container => container.Identity.RestartCount),
        ];
        ObservedContainer? wanted = options.Previous ? lives.Skip(1).FirstOrDefault() : lives.FirstOrDefault();
        return (wanted?.Id, options.Previous
            ? $"previous terminated container \"{options.Container}\" not found"
            : $"container \"{options.Container}\" is waiting to start");
    }

    /// <summary>A body that is sent as the log comes.</summary>
    private sealed class LogContent : HttpContent
    {
        private readonly IContainerRuntime runtime;
        private readonly string id;
        private readonly LogOptions options;
        private readonly CancellationToken stopping;

        public LogContent(IContainerRuntime runtime, string id, LogOptions options, CancellationToken stopping)
        {
            (this.runtime, this.id, this.options, this.stopping) = (runtime, id, options, stopping);
            Headers.ContentType = new("application/octet-stream");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);

            // The headers go out at once, so that whoever waits learns that there is a log, however quiet.
            await stream.FlushAsync(either.Token);
            await runtime.CopyLogsAsync(id, options, stream, either.Token);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
