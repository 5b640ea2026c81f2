using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using ControlPlane.Gateway.Traffic;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Listening;

/// <summary>Where Kestrel listens here: connections that begin with HTTP/2's preface come to one, all others to the other.</summary>
internal sealed class AcceptedEndPoint(string protocol) : EndPoint
{
    public static readonly AcceptedEndPoint Http1 = new("http1");
    public static readonly AcceptedEndPoint Http2 = new("http2");

    public override string ToString() => protocol;
}

/// <summary>Says which listener a connection was accepted on.</summary>
internal sealed record AcceptedOn(PortListener Listener);

/// <summary>
/// Kestrel's transport: sockets that were accepted elsewhere. So listeners come and go without Kestrel, sockets can be passed to a successor, and
/// HTTP/1.1 and HTTP/2 are served on one port without TLS.
/// </summary>
internal sealed class KestrelTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    /// <summary>Connections of one protocol that may wait for Kestrel; it takes each at once, so more wait only where the machine cannot keep up, and are refused.</summary>
    public const int WaitingMax = 512;

    /// <summary>A client that says nothing for so long is let go.</summary>
    private static readonly TimeSpan FirstByteTimeout = TimeSpan.FromMinutes(2);

    private readonly Connections connections;
    private readonly TimeProvider time;
    private readonly SocketConnectionContextFactory factory;
    private readonly Dictionary<EndPoint, Queue> queues = new() { [AcceptedEndPoint.Http1] = new(AcceptedEndPoint.Http1), [AcceptedEndPoint.Http2] = new(AcceptedEndPoint.Http2) };
    private readonly CancellationTokenSource closing = new();

    public KestrelTransport(Connections connections, TimeProvider time, ILogger<KestrelTransport> log)
    {
        this.connections = connections;
        this.time = time;
        factory = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), log);
    }

    public bool CanBind(EndPoint endpoint) => endpoint is AcceptedEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(queues[endpoint]);

    /// <summary>Hands a connection to Kestrel once it has shown what it speaks, and follows it to its end.</summary>
    public void Carry(Socket client, PortListener listener) => connections.Add(() => CarryAsync(client, listener));

    /// <summary>Asks each connection to end: HTTP/2's with a GOAWAY, which loses nothing. HTTP/1.1's end with their next answer.</summary>
    public void RequestHttp2Close() => queues[AcceptedEndPoint.Http2].RequestClose();

    /// <summary>Lets those go that have not said anything yet.</summary>
    public void CloseSilent() => closing.Cancel();

    public void Dispose()
    {
        factory.Dispose();
        closing.Dispose();
    }

    private async Task CarryAsync(Socket client, PortListener listener)
    {
        ConnectionContext connection = factory.Create(client);
        connection.Features.Set(new AcceptedOn(listener));
        Queue queue;
        try
        {
            using CancellationTokenSource late = new(FirstByteTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, closing.Token);
            queue = queues[await Preface.IsHttp2Async(connection.Transport.Input, either.Token) ? AcceptedEndPoint.Http2 : AcceptedEndPoint.Http1];
        }
        catch (Exception)
        {
            await connection.DisposeAsync();
            throw;
        }

        // Kestrel disposes it; its end is the end of what we follow.
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        FollowedConnection followed = new(connection, ended);
        if (!queue.TryAdd(followed))
        {
            queue.Remove(followed);
            await connection.DisposeAsync();
            return;
        }

        await ended.Task;
        queue.Remove(followed);
    }

    /// <summary>Connections that wait for Kestrel, and those it has.</summary>
    private sealed class Queue(EndPoint endPoint) : IConnectionListener
    {
        private readonly Channel<ConnectionContext> waiting = Channel.CreateBounded<ConnectionContext>(WaitingMax);
        private readonly Lock gate = new();
        private readonly HashSet<ConnectionContext> all = [];

        public EndPoint EndPoint => endPoint;

        public bool TryAdd(ConnectionContext connection)
        {
            lock (gate)
            {
                all.Add(connection);
            }

            return waiting.Writer.TryWrite(connection);
        }

        public void Remove(ConnectionContext connection)
        {
            lock (gate)
            {
                all.Remove(connection);
            }
        }

        public void RequestClose()
        {
            lock (gate)
            {
                foreach (ConnectionContext connection in all)
                {
                    connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
                }
            }
        }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await waiting.Reader.WaitToReadAsync(cancellationToken) && waiting.Reader.TryRead(out ConnectionContext? connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
