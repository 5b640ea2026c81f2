using System.Net.Sockets;

namespace ControlPlane.Gateway.Hosting;

/// <summary>What a gateway and its successor say to each other over <c>DATA/gateway.sock</c>: see <see cref="HandOver"/>.</summary>
internal static class HandOverChannel
{
    /// <summary>No further socket follows.</summary>
    public const string End = "end";

    /// <summary>With a socket at which names are answered. The others come with their address and port.</summary>
    public const string Names = "names";

    /// <summary>The successor accepts.</summary>
    public const string Accepting = "accepting";

    /// <summary>Where the gateway in charge is found.</summary>
    public static string PathIn(string dataFolder) => Path.Combine(dataFolder, "gateway.sock");

    public static Socket New() => new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
}
