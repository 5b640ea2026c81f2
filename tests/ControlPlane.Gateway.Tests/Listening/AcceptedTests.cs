using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Gateway.Tests.Listening;

/// <summary>What becomes of accepted connections.</summary>
public sealed class AcceptedTests
{
    private const string KeepAliveTimer = "02";

    [Theory]
    [InlineData(RouteProtocol.Http)]
    [InlineData(RouteProtocol.Tcp)]
    public async Task Client_ThatIsQuiet_IsAskedByKeepAliveWhetherItIsStillThere(RouteProtocol protocol)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.ControlPlane.AcknowledgedAsync(world.Publish(protocol, a.Ready));
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, world.NodePort);

        int port = ((IPEndPoint)client.Client.LocalEndPoint!).Port;
        await Eventually.TrueAsync(() => TimerOf(world.NodePort, port) == KeepAliveTimer, "the accepted connection's timer is keep-alive's");
    }

    [Fact]
    public async Task Connections_ThatNobodyTakes_AreRefusedPastTheMost()
    {
        Connections connections = new(NullLogger<Connections>.Instance);
        using KestrelTransport transport = new(connections, TimeProvider.System, NullLogger<KestrelTransport>.Instance);
        await transport.BindAsync(AcceptedEndPoint.Http1);
        ListenAddress address = new(new IPEndPoint(IPAddress.Loopback, 0), new ServicePort("hello", TimeProvider.System, Random.Shared.Next), IsShared: false);
        await using PortListener listener = PortListener.Open(address, transport.Carry, TimeProvider.System, NullLogger.Instance);
        List<Socket> clients = [];
        for (int i = 0; i < KestrelTransport.WaitingMax + 3; i++)
        {
            Socket client = new(SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            await client.ConnectAsync(listener.EndPoint);
            await client.SendAsync("GET / HTTP/1.1\r\n"u8.ToArray());
        }

        // An ended connection can be read to its end; one that waits cannot be read.
        await Eventually.TrueAsync(() => clients.Count(client => client.Poll(0, SelectMode.SelectRead)) == 3, "three are refused");
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>The kernel's timer of a connection, by the ports of its ends on loopback (proc_pid_net(5), tcp: sl, local, remote, state, queues, timer:when); null where it is unknown.</summary>
    private static string? TimerOf(int local, int remote)
    {
        string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"0100007F:{port:X4}");
        return File.ReadLines("/proc/self/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 5 && fields[1] == Loopback(local) && fields[2] == Loopback(remote))
            .Select(fields => fields[5].Split(':')[0])
            .FirstOrDefault();
    }
}
