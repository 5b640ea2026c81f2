using System.Net;
using System.Net.Sockets;
using ControlPlane.Gateway.Forwarding;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Listening;

/// <summary>The listening sockets of the table that is acted on: opens what is missing, closes what is no longer asked for, leaves the others alone.</summary>
internal sealed class Listeners(AddressClaims claims, KestrelTransport http, TcpRelay tcp, TimeProvider time, ILogger<Listeners> log) : IDisposable
{
    private readonly SemaphoreSlim changing = new(1);
    private readonly Dictionary<IPEndPoint, PortListener> open = [];
    private readonly Dictionary<IPEndPoint, Socket> inherited = [];
    private bool isReleased;

    /// <summary>Sockets of a gateway before this one; those that the next table does not ask for are closed.</summary>
    public async Task InheritAsync(IEnumerable<Socket> sockets, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken);
        try
        {
            foreach (Socket socket in sockets)
            {
                IPEndPoint endPoint = (IPEndPoint)socket.LocalEndPoint!;
                if (open.ContainsKey(endPoint) || !inherited.TryAdd(endPoint, socket))
                {
                    // It has come before.
                    socket.Dispose();
                }
            }
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Returns true when all that was asked for is listened on, and claimed; else it is to be called again after a while. Once released, nothing is opened or closed any more.</summary>
    public async Task<bool> ApplyAsync(IReadOnlyList<ListenAddress> wanted, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken);
        try
        {
            if (isReleased)
            {
                return true;
            }

            HashSet<IPEndPoint> kept = [.. wanted.Select(listening => listening.EndPoint)];
            foreach (PortListener listener in open.Values.Where(listener => !kept.Contains(listener.EndPoint)).ToList())
            {
                open.Remove(listener.EndPoint);
                await listener.DisposeAsync();
                log.ListeningEnded(listener.EndPoint);
            }

            IReadOnlyDictionary<IPAddress, string> refused = claims.Claim([.. wanted.Where(listening => listening.IsShared).Select(listening => listening.EndPoint.Address).Distinct()]);
            int failures = wanted.Count(listening => !TryOpen(listening, refused));
            foreach (Socket socket in inherited.Values)
            {
                socket.Dispose();
            }

            inherited.Clear();
            return failures == 0 && refused.Count == 0;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>What listens now, to pass on. Nothing changes while <paramref name="pass"/> runs; when it returns true, this gateway accepts nothing any more.</summary>
    public async Task ReleaseAsync(Func<IReadOnlyCollection<PortListener>, Task<bool>> pass, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken);
        try
        {
            if (!isReleased && await pass(open.Values))
            {
                isReleased = true;
                await Task.WhenAll(open.Values.Select(listener => listener.ReleaseAsync()));
            }
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Stops listening, for good; what it shares with the gateway before it is left to that one.</summary>
    public async Task CloseAsync()
    {
        await changing.WaitAsync(CancellationToken.None);
        try
        {
            if (!isReleased)
            {
                isReleased = true;
                await Task.WhenAll(open.Values.Select(listener => listener.DisposeAsync().AsTask()));
                claims.Claim([]);
            }
        }
        finally
        {
            changing.Release();
        }
    }

    public void Dispose() => changing.Dispose();

    private bool TryOpen(ListenAddress listening, IReadOnlyDictionary<IPAddress, string> refused)
    {
        // What the one before has passed on is this control plane's, whatever the one before was told of who that is.
        bool isOwn = open.ContainsKey(listening.EndPoint) || inherited.ContainsKey(listening.EndPoint);
        if (!isOwn && listening.IsShared && refused.TryGetValue(listening.EndPoint.Address, out string? why))
        {
            log.CannotListen(listening.EndPoint, listening.Port.Name, why);
            return false;
        }

        if (open.TryGetValue(listening.EndPoint, out PortListener? listener))
        {
            listener.Port = listening.Port;
            return true;
        }

        try
        {
            open[listening.EndPoint] = inherited.Remove(listening.EndPoint, out Socket? socket)
                ? PortListener.Inherit(socket, listening.Port, Accepted, time, log)
                : PortListener.Open(listening, Accepted, time, log);
            log.Listening(listening.EndPoint, listening.Port.Name);
            return true;
        }
        catch (SocketException exception)
        {
            log.CannotListen(listening.EndPoint, listening.Port.Name, exception.Message);
            return false;
        }
    }

    private void Accepted(Socket client, PortListener listener)
    {
        client.NoDelay = true;
        KeepAlive.Begin(client);
        if (listener.Port.Protocol == Domain.Routing.RouteProtocol.Tcp)
        {
            tcp.Carry(client, listener.Port);
        }
        else
        {
            http.Carry(client, listener);
        }
    }
}
