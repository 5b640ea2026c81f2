using System.Net.WebSockets;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Spdy;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Agents.Forwarding;

/// <summary>
/// <c>GET</c> and <c>POST …/pods/{name}/portforward</c>: SPDY, either on the connection itself or in the binary messages of a WebSocket, in which newer clients tunnel it; or the older channels of a
/// WebSocket. What can be refused is refused before the upgrade.
/// </summary>
internal static class PortForwardEndpoint
{
    private const string Version = "portforward.k8s.io";
    private const string Tunnel = $"{SpdyUpgrade.Protocol}+{Version}";

    public static async Task HandleAsync(HttpContext http, IMediator mediator)
    {
        IHostApplicationLifetime lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        PortForwarding forwarding = http.RequestServices.GetRequiredService<PortForwarding>();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        ObjectKey key = new((string)http.Request.RouteValues["namespace"]!, (string)http.Request.RouteValues["name"]!);
        WriteContext context = new(TokenAuthentication.ActorOf(http)) { UserAgent = http.Request.Headers.UserAgent.ToString() };
        ForwardedPod pod = await mediator.Send(new ForwardToPod(key, context), ending.Token);
        IList<string> offered = http.WebSockets.WebSocketRequestedProtocols;
        if (http.WebSockets.IsWebSocketRequest && offered.Contains(ChannelForwarding.Protocol) && !offered.Contains(Tunnel))
        {
            await using ChannelForwarding channels = await ChannelForwarding.AcceptAsync(http, ChannelForwarding.PortsOf(http));
            await forwarding.RunAsync(channels, pod, ending.Token);
            return;
        }

        await using SpdyConnection connection = await AcceptAsync(http);
        await forwarding.RunAsync(connection, pod, ending.Token);
    }

    private static async Task<SpdyConnection> AcceptAsync(HttpContext http)
    {
        if (http.WebSockets.IsWebSocketRequest)
        {
            IList<string> offered = http.WebSockets.WebSocketRequestedProtocols;
            if (!offered.Contains(Tunnel))
            {
                throw StatusError.BadRequest($"unable to upgrade: the WebSocket's protocols are [{string.Join(' ', offered)}]; served are {Tunnel} and {ChannelForwarding.Protocol}");
            }

            UpgradedConnection.MayBeSilent(http);

            // .NET refuses the name, which has a slash: no token in the words of RFC 6455, but Kubernetes' clients wait for it.
            http.Response.Headers.SecWebSocketProtocol = Tunnel;
            WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
            return new SpdyConnection(WebSocketStream.Create(socket, WebSocketMessageType.Binary, closeTimeout: TimeSpan.FromSeconds(1)));
        }

        if (!SpdyUpgrade.IsAskedFor(http))
        {
            throw StatusError.BadRequest("Upgrade request required");
        }

        SpdyUpgrade.ThrowUnlessOffered(http, Version);
        return await SpdyUpgrade.AcceptAsync(http, Version);
    }
}
