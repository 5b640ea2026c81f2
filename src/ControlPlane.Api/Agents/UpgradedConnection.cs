using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ControlPlane.Api.Agents;

/// <summary>An HTTP/1.1 connection that leaves HTTP for another protocol (RFC 9110, 7.8), and may then be silent for hours.</summary>
internal static class UpgradedConnection
{
    /// <summary>How long a connection may be silent before the system asks whether the other side is there.</summary>
    private const int KeepAliveSeconds = 30;

    private const int KeepAliveIntervalSeconds = 10;
    private const int KeepAliveRetriesMax = 3;

    public static bool IsAskedFor(HttpContext http, string protocol) =>
        http.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true
        && http.Request.Headers.Upgrade.ToString().Equals(protocol, StringComparison.OrdinalIgnoreCase);

    /// <summary>Answers 101; returns the bytes in both directions.</summary>
    public static Task<Stream> AcceptAsync(HttpContext http, string protocol)
    {
        MayBeSilent(http);
        http.Response.Headers.Upgrade = protocol;
        return http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>No least rate for its bytes; that the other side has gone is noticed all the same.</summary>
    public static void MayBeSilent(HttpContext http)
    {
        ClientMayBeSilent(http);
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate)
        {
            responseRate.MinDataRate = null;
        }
    }

    /// <summary>No least rate for what the client sends; what is sent to it, it must take.</summary>
    public static void ClientMayBeSilent(HttpContext http)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = null;
        }

        if (http.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveRetriesMax);
        }
    }
}
