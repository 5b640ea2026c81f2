using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace ControlPlane.Api.Security;

/// <summary>
/// A bearer token among the protocols that a WebSocket's client offers. Browsers have no other place for one, for their scripts set no header of a WebSocket (Kubernetes: apiserver, authentication/request/websocket).
/// </summary>
internal static class WebSocketToken
{
    private const string Prefix = "base64url.bearer.authorization.k8s.io.";

    /// <summary>Takes it out of the list, so that neither a pod nor a message is told of it.</summary>
    /// <returns>
    /// The token. Null where there is none, where it is not encoded as its name says, and where nothing else is offered: a browser hangs up unless the answer names a protocol of the list, and a token is not named.
    /// </returns>
    public static string? TakeFrom(HttpContext http)
    {
        if (http.Request.Headers.SecWebSocketProtocol.Count == 0)
        {
            return null;
        }

        // Asked before the list changes. It is taken out of what is no WebSocket, too: that may be passed on to a pod.
        bool isSocket = http.WebSockets.IsWebSocketRequest;

        ILookup<bool, string> offered = http.WebSockets.WebSocketRequestedProtocols.ToLookup(protocol => protocol.StartsWith(Prefix, StringComparison.Ordinal));
        if (!offered.Contains(true))
        {
            return null;
        }

        http.Request.Headers.SecWebSocketProtocol = offered.Contains(false) ? string.Join(", ", offered[false]) : default;
        return isSocket && offered.Contains(false) ? Decoded(offered[true].First()[Prefix.Length..]) : null;
    }

    private static string? Decoded(string text)
    {
        byte[] bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.DecodeFromChars(text, bytes, out _, out int length) == OperationStatus.Done ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
