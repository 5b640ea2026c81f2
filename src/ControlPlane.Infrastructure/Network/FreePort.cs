using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ControlPlane.Infrastructure.Network;

/// <summary>
/// Finds TCP ports for servers that are told their port and may be started again on it. Such a port must not be one that the kernel gives to outgoing
/// connections: while the server is down for a moment any of them could be given it, even the connection of a client that tries to reach the server.
/// </summary>
public static class FreePort
{
    /// <summary>Below are well-known ports, from 30000 on the node ports of Services.</summary>
    private const int First = 10_000;
    private const int Last = 29_999;

    private const int TriesMax = 100;

    /// <summary>The ports of outgoing connections; see ip(7).</summary>
    private const string LocalPortRange = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>A port that nobody listens on, from 10000 to 29999, as far as those are not for outgoing connections here; else any that the kernel gives.</summary>
    /// <exception cref="SocketException">There is none, or the address is not this machine's.</exception>
    public static int Find(IPAddress address)
    {
        (int low, int high) = OutgoingPorts();
        for (int i = 0; i < TriesMax; i++)
        {
            int port = Random.Shared.Next(First, Last + 1);
            if ((port < low || port > high) && TryBind(address, port))
            {
                return port;
            }
        }

        return Bind(address, 0);
    }

    private static bool TryBind(IPAddress address, int port)
    {
        try
        {
            return Bind(address, port) == port;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }

    private static int Bind(IPAddress address, int port)
    {
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static (int Low, int High) OutgoingPorts()
    {
        const int DefaultLow = 32_768;
        const int DefaultHigh = 60_999;
        if (!File.Exists(LocalPortRange))
        {
            return (DefaultLow, DefaultHigh);
        }

        string[] bounds = File.ReadAllText(LocalPortRange).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return (int.Parse(bounds[0], CultureInfo.InvariantCulture), int.Parse(bounds[1], CultureInfo.InvariantCulture));
    }
}
