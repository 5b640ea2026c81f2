using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>Finds free ports on the node's address. One that was just handed out is not handed out again, though nobody listens on it yet.</summary>
internal sealed class PortAllocator(IPAddress address)
{
    private const int Remembered = 200;
    private const int MaxTries = 50;

    private readonly Lock gate = new();
    private readonly Queue<int> recent = new();

    /// <exception cref="ContainerStartException">There is no free port.</exception>
    public int Next()
    {
        lock (gate)
        {
            for (int i = 0; i < MaxTries; i++)
            {
                int port = AnyFree();
                if (!recent.Contains(port))
                {
                    recent.Enqueue(port);
                    if (recent.Count > Remembered)
                    {
                        recent.Dequeue();
                    }

                    return port;
                }
            }
        }

        throw new ContainerStartException($"no free port on {address}");
    }

    /// <summary>A port of the node for each port of a container: the one it asks for, else the one it had if that is free, else any free one.</summary>
    public ValueList<HostPort> For(Container container, ValueList<HostPort> kept) =>
    [
        .. container.Ports.Select(port => new HostPort
        {
            Container = container.Name,
            ContainerPort = port.Number,
            Protocol = string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol,
            Port = port.HostPort is > 0 and var asked ? asked
                : kept.FirstOrDefault(old => old.ContainerPort == port.Number)?.Port is { } before && IsFree(before) ? before
                : Next(),
        }),
    ];

    /// <summary>Whether a server could listen on a port; connections of an earlier one that linger do not keep it from that.</summary>
    private bool IsFree(int port)
    {
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(backlog: 1);
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    private int AnyFree()
    {
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
