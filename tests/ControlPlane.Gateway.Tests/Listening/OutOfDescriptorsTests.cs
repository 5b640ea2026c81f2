using System.Diagnostics;
using System.Globalization;
using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Network;
using ControlPlane.Testing;

namespace ControlPlane.Gateway.Tests.Listening;

/// <summary>A gateway of its own process, which may open only so many descriptors.</summary>
public sealed class OutOfDescriptorsTests : IDisposable
{
    private const int DescriptorsMax = 400;

    private readonly TemporaryFolder folder = new("descriptors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Gateway_WithMoreServicesThanDescriptors_LivesOn_AndListensOnceThereAreLess()
    {
        await using FakeControlPlane controlPlane = await FakeControlPlane.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        int nodePort = FreePort.Find(IPAddress.Loopback);
        ServiceRoute[] services = [.. Enumerable.Range(1, 500).Select(i => Service(i, i == 1 ? nodePort : null, a.Ready))];
        using Process gateway = Start(controlPlane.Url);
        try
        {
            controlPlane.Publish(new RouteTable { Store = "s", Revision = 1, Services = [.. services] });
            await controlPlane.AcknowledgedAsync(1);
            controlPlane.Publish(new RouteTable { Store = "s", Revision = 2, Services = [services[0]] });
            await controlPlane.AcknowledgedAsync(2);

            using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
            Assert.Equal("a", await client.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{nodePort}/"))));
            Assert.False(gateway.HasExited);
        }
        finally
        {
            gateway.Kill();
            await gateway.WaitForExitAsync();
        }
    }

    private Process Start(Uri server)
    {
        File.WriteAllText(Path.Combine(folder.Path, "node.token"), FakeControlPlane.Token);
        string gateway = Path.Combine(AppContext.BaseDirectory, "ControlPlane.Gateway.dll");
        string command = string.Create(CultureInfo.InvariantCulture, $"ulimit -n {DescriptorsMax}; exec dotnet \"$@\"");
        return Process.Start(new ProcessStartInfo("bash", ["-c", command, "gateway", gateway, "--server", server.ToString(), "--token-file", Path.Combine(folder.Path, "node.token"),
            "--node-name", "node-1", "--data", folder.Path, "--metrics-port", "0"])
        { RedirectStandardOutput = false })!;
    }

    private static ServiceRoute Service(int number, int? nodePort, RouteEndpoint endpoint) => new()
    {
        Namespace = "default",
        Name = string.Create(CultureInfo.InvariantCulture, $"s{number}"),
        Uid = Guid.NewGuid(),
        ClusterIP = string.Create(CultureInfo.InvariantCulture, $"127.214.{number / 250}.{number % 250}"),
        Ports = [new PortRoute { Port = 80, NodePort = nodePort, Endpoints = [endpoint] }],
    };
}
