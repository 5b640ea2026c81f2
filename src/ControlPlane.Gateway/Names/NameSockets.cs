using System.Net;
using System.Net.Sockets;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// The sockets at which names are answered, one for each protocol. They are passed on as listening sockets are: two gateways that each had their own would share the questions, and what waits in the one's is lost when it ends.
/// </summary>
internal sealed class NameSockets : IDisposable
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    private readonly Lock gate = new();
    private readonly List<Socket> inherited = [];
    private readonly List<Socket> open = [];

    /// <summary>Sockets of a gateway before this one. Where some are open already, they have come before, and are closed.</summary>
    public void Inherit(IEnumerable<Socket> passed)
    {
        lock (gate)
        {
            inherited.AddRange(passed);
            if (open.Count > 0)
            {
                CloseInherited();
            }
        }
    }

    /// <summary>What was inherited, where it is at the address, else new ones. What was inherited and is elsewhere is closed: questions would wait in it for nobody.</summary>
    /// <exception cref="SocketException">Somebody else answers there, or this process may not.</exception>
    public (Socket Udp, Socket Tcp) Open(IPEndPoint endPoint)
    {
        lock (gate)
        {
            Socket? tcp = null;
            Socket udp = TakeInherited(endPoint, SocketType.Dgram) ?? New(endPoint, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp = TakeInherited(endPoint, SocketType.Stream) ?? New(endPoint, SocketType.Stream, ProtocolType.Tcp);
                tcp.Listen();
            }
            catch (SocketException)
            {
                udp.Dispose();
                tcp?.Dispose();
                throw;
            }

            CloseInherited();
            // The last of an address is the one that an older version keeps: it would never read from the other.
            open.AddRange([tcp, udp]);
            return (udp, tcp);
        }
    }

    /// <summary>Closes what <see cref="Open"/> gave. A successor that has them too keeps them.</summary>
    public void Close((Socket Udp, Socket Tcp) sockets)
    {
        lock (gate)
        {
            foreach (Socket socket in (Socket[])[sockets.Udp, sockets.Tcp])
            {
                open.Remove(socket);
                socket.Dispose();
            }
        }
    }

    /// <summary>Nothing is answered here.</summary>
    public void CloseInherited()
    {
        lock (gate)
        {
            inherited.ForEach(socket => socket.Dispose());
            inherited.Clear();
        }
    }

    /// <summary>Does something with each that is open, while none is closed.</summary>
    public void ForEach(Action<Socket> pass)
    {
        lock (gate)
        {
            open.ForEach(pass);
        }
    }

    public void Dispose() => CloseInherited();

    private Socket? TakeInherited(IPEndPoint endPoint, SocketType type)
    {
        Socket? found = inherited.Find(socket => socket.SocketType == type && endPoint.Equals(socket.LocalEndPoint));
        return found is not null && inherited.Remove(found) ? found : null;
    }

    private static Socket New(IPEndPoint endPoint, SocketType type, ProtocolType protocol)
    {
        Socket socket = new(endPoint.AddressFamily, type, protocol);
        try
        {
            // So that a gateway may answer beside an older one, which passes nothing on.
            socket.SetRawSocketOption(SolSocket, SoReusePort, [1, 0, 0, 0]);
            socket.Bind(endPoint);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
