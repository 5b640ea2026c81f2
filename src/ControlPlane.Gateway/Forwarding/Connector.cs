using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Forwarding;

/// <summary>Connects to endpoints, and notes those that cannot be connected to.</summary>
internal sealed class Connector(TimeProvider time, ILogger<Connector> log)
{
    /// <summary>Pods are on the same network; one that does not answer for so long is not there.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Null when it cannot be connected to.</summary>
    public async Task<Socket?> TryConnectAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        RouteEndpoint route = endpoint.Route;
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using CancellationTokenSource late = new(ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            KeepAlive.Begin(socket);
            await socket.ConnectAsync(route.Address, route.Port, either.Token);
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            endpoint.Failed();
            log.EndpointUnreachable(route.PodName, route.Address, route.Port, exception is SocketException ? exception.Message : "no answer");
            return null;
        }
    }
}
