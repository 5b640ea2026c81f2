using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using Endpoint = ControlPlane.Gateway.Traffic.Endpoint;

namespace ControlPlane.Gateway.Tests;

/// <summary>A pod that fails at once draws no requests from one that works.</summary>
public sealed class FailingFastTests
{
    private const int Requests = 60;

    [Theory]
    [InlineData("", 1)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Endpoint.FaultsMax)]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Endpoint.FaultsMax)]
    public async Task Requests_BesideAPodThatFailsFast_GoToTheOther(string answer, int failuresToNotice)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend works = await Backend.StartAsync("works");
        await using FailingPod fails = new(answer);
        await world.RouteAsync(works.Ready, fails.Route);
        int failures = 0;
        for (int i = 0; i < Requests; i++)
        {
            using HttpResponseMessage got = await world.Client.PostAsync(world.Url, new StringContent("body"));
            failures += got.IsSuccessStatusCode ? 0 : 1;
        }

        // Two more for a machine so slow that 5 s pass twice; chance alone would give half of all.
        Assert.InRange(failures, 1, failuresToNotice + 2);
    }

    /// <summary>Reads what comes first of each connection, and answers always the same; nothing is a reset.</summary>
    private sealed class FailingPod : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource ended = new();
        private readonly Task serving;

        public FailingPod(string answer)
        {
            listener.Start();
            serving = ServeAsync(System.Text.Encoding.ASCII.GetBytes(answer));
        }

        public RouteEndpoint Route => new()
        {
            Pod = Guid.NewGuid(),
            PodName = "fails",
            Address = "127.0.0.1",
            Port = ((IPEndPoint)listener.LocalEndpoint).Port,
            Ready = true,
            Serving = true,
        };

        public async ValueTask DisposeAsync()
        {
            await ended.CancelAsync();
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            listener.Dispose();
            ended.Dispose();
        }

        private async Task ServeAsync(byte[] answer)
        {
            byte[] buffer = new byte[4096];
            while (true)
            {
                using Socket connection = await listener.AcceptSocketAsync(ended.Token);
                await connection.ReceiveAsync(buffer, ended.Token);
                if (answer.Length == 0)
                {
                    connection.Close(timeout: 0);
                    continue;
                }

                await connection.SendAsync(answer, ended.Token);
                connection.Shutdown(SocketShutdown.Send);
                while (await connection.ReceiveAsync(buffer, ended.Token) > 0)
                {
                    // Until the other side has read it: an end with something unread would be a reset.
                }
            }
        }
    }
}
