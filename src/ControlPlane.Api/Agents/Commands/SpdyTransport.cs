using System.IO.Pipelines;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Spdy;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Agents.Commands;

/// <summary>Commands over SPDY, as kubectl spoke before WebSockets: a stream for each channel, which its headers name. All of them are opened by the client before anything else.</summary>
internal sealed class SpdyTransport : CommandTransport
{
    private const string V4 = "v4.channel.k8s.io";
    private const string TypeHeader = "streamtype";

    /// <summary>How long a client may take to open its streams (the kubelet's streamCreationTimeout).</summary>
    private static readonly TimeSpan OpenMax = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, int> s_channels = new(StringComparer.Ordinal)
    {
        ["stdin"] = StreamChannels.Stdin,
        ["stdout"] = StreamChannels.Stdout,
        ["stderr"] = StreamChannels.Stderr,
        ["error"] = StreamChannels.Error,
        ["resize"] = StreamChannels.Resize,
    };

    private SpdyTransport()
    {
    }

    /// <exception cref="ApiException">400: the client does not speak version 4, which is as old as Kubernetes 1.4.</exception>
    public static new SpdyTransport For(HttpContext http)
    {
        SpdyUpgrade.ThrowUnlessOffered(http, V4);
        return new SpdyTransport();
    }

    public override async Task<ICommandClient> AcceptAsync(HttpContext http, StreamRequest request)
    {
        Client client = new(await SpdyUpgrade.AcceptAsync(http, V4), [.. ChannelsOf(ConnectedTo(request))]);
        try
        {
            await client.OpenedAsync(http.RequestServices.GetRequiredService<TimeProvider>(), http.RequestAborted);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>A terminal has one output, and a size.</summary>
    private static IEnumerable<int> ChannelsOf(AttachOptions connected)
    {
        yield return StreamChannels.Error;
        if (connected.Stdin)
        {
            yield return StreamChannels.Stdin;
        }

        if (connected.Stdout)
        {
            yield return StreamChannels.Stdout;
        }

        if (connected.Tty)
        {
            yield return StreamChannels.Resize;
        }
        else if (connected.Stderr)
        {
            yield return StreamChannels.Stderr;
        }
    }

    private sealed class Client : ICommandClient
    {
        private readonly SpdyConnection connection;
        private readonly CancellationTokenSource ending = new();
        private readonly Dictionary<int, TaskCompletionSource<SpdyStream>> expected;
        private readonly Task running;

        public Client(SpdyConnection connection, IReadOnlyList<int> channels)
        {
            this.connection = connection;
            expected = channels.ToDictionary(channel => channel, _ => new TaskCompletionSource<SpdyStream>(TaskCreationOptions.RunContinuationsAsynchronously));
            running = connection.RunAsync(OnOpened, ending.Token);
        }

        public async Task OpenedAsync(TimeProvider time, CancellationToken cancellationToken)
        {
            Task all = Task.WhenAll(expected.Values.Select(stream => stream.Task));
            if (await Task.WhenAny(all, running).WaitAsync(OpenMax, time, cancellationToken) != all)
            {
                await running;
                throw new IOException("the client has gone before it had opened its streams");
            }
        }

        public async Task ReceiveAsync(Func<int, ReadOnlyMemory<byte>, ValueTask> handAsync, CancellationToken cancellationToken)
        {
            Task[] pumps = [.. expected.Select(entry => PumpAsync(entry.Key, entry.Value.Task.Result.Input, handAsync, cancellationToken))];
            await running.WaitAsync(cancellationToken);
            await Task.WhenAll(pumps);
        }

        public Task SendAsync(int channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
            expected.TryGetValue(channel, out TaskCompletionSource<SpdyStream>? stream) ? stream.Task.Result.WriteAsync(data, cancellationToken).AsTask() : Task.CompletedTask;

        public async Task FinishAsync(Status status, CancellationToken cancellationToken)
        {
            await SendAsync(StreamChannels.Error, ResourceJson.SerializeToUtf8Bytes(status), cancellationToken);
            foreach (TaskCompletionSource<SpdyStream> stream in expected.Values)
            {
                await stream.Task.Result.EndAsync(cancellationToken);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await ending.CancelAsync();
            try
            {
                await running;
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The session is over, whatever ended it.
            }

            await connection.DisposeAsync();
            ending.Dispose();
        }

        private void OnOpened(SpdyStream stream)
        {
            if (s_channels.TryGetValue(stream.Headers.GetValueOrDefault(TypeHeader, ""), out int channel) && expected.TryGetValue(channel, out TaskCompletionSource<SpdyStream>? waiting))
            {
                waiting.TrySetResult(stream);
            }
            else
            {
                stream.Input.Complete();
            }
        }

        private static async Task PumpAsync(int channel, PipeReader input, Func<int, ReadOnlyMemory<byte>, ValueTask> handAsync, CancellationToken cancellationToken)
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(cancellationToken);
                foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                {
                    if (!segment.IsEmpty)
                    {
                        await handAsync(channel, segment);
                    }
                }

                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    await handAsync(channel, ReadOnlyMemory<byte>.Empty);
                    return;
                }
            }
        }
    }
}
