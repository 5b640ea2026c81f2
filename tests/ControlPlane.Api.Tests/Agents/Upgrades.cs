using System.Net.Http.Headers;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>Requests that ask for a connection that is no longer HTTP, as clients write them.</summary>
internal static class Upgrades
{
    /// <summary>A handshake for a WebSocket with these protocols (RFC 6455, 4.1).</summary>
    public static HttpRequestMessage ToWebSocket(string path, params string[] protocols)
    {
        HttpRequestMessage request = To("websocket", HttpMethod.Get, path);
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(new byte[16]));
        if (protocols.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", string.Join(", ", protocols));
        }

        return request;
    }

    /// <summary>An upgrade to SPDY with these versions of what is spoken over it, as kubectl asked before it had WebSockets.</summary>
    public static HttpRequestMessage ToSpdy(string path, string versions, string protocol = "SPDY/3.1")
    {
        HttpRequestMessage request = To(protocol, HttpMethod.Post, path);
        request.Headers.Add("X-Stream-Protocol-Version", versions);
        return request;
    }

    private static HttpRequestMessage To(string protocol, HttpMethod method, string path)
    {
        HttpRequestMessage request = new(method, path);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(ProductHeaderValue.Parse(protocol));
        return request;
    }
}
