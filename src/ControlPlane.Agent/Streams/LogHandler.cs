using System.Net;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;

namespace ControlPlane.Agent.Streams;

/// <summary>Serves logs, which are the body of a post.</summary>
internal static class LogHandler
{
    /// <summary>The body; sent as the log comes.</summary>
    /// <exception cref="StreamRefusedException">There is no such log.</exception>
    public static async Task<HttpContent> PrepareAsync(IContainerRuntime runtime, StreamRequest request, CancellationToken stopping)
    {
        LogOptions options = request.Logs ?? new LogOptions();
        IReadOnlyList<ObservedContainer> lives = await ContainerLives.OfAsync(runtime, request.PodUid, options.Container, stopping);
        ObservedContainer? wanted = options.Previous ? lives.Skip(1).FirstOrDefault() : lives.FirstOrDefault();
        return wanted is null
            ? throw new StreamRefusedException(HttpStatusCode.BadRequest, options.Previous
                ? $"previous terminated container \"{options.Container}\" not found"
                : $"container \"{options.Container}\" is waiting to start")
            : new LogContent(runtime, wanted.Id, options, stopping);
    }

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
