using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ControlPlane.Infrastructure.Network;

namespace ControlPlane.Infrastructure.Tests.Network;

public sealed class FreePortTests
{
    [Fact]
    public void Find_IsNoPortOfOutgoingConnections_AndNobodyListensOnIt()
    {
        int[] outgoing = [.. File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t').Select(bound => int.Parse(bound, CultureInfo.InvariantCulture))];
        Assert.True(outgoing[0] > 29_999, "this machine gives all ports to outgoing connections");
        List<TcpListener> taken = [];
        try
        {
            for (int i = 0; i < 50; i++)
            {
                int port = FreePort.Find(IPAddress.Loopback);
                Assert.InRange(port, 10_000, 29_999);
                TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                taken.Add(listener);
            }
        }
        finally
        {
            taken.ForEach(listener => listener.Dispose());
        }

        Assert.Equal(50, taken.Count);
    }
}
