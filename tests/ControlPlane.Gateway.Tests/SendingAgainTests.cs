using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Tests;

/// <summary>A pod that ends a kept connection instead of answering, as one does that was killed, or that found the connection idle for too long.</summary>
public sealed class SendingAgainTests
{
    [Theory]
    [InlineData("POST", null)]
    [InlineData("POST", "body")]
    [InlineData("PATCH", null)]
    [InlineData("PUT", "body")]
    public async Task Request_OfAPodThatEndsTheConnectionInsteadOfAnswering_ReachesItOnce(string method, string? body)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using ClosingPod pod = new();
        await world.RouteAsync(pod.Route);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(world, "GET", body: null));

        Assert.Equal(HttpStatusCode.BadGateway, await AskAsync(world, method, body));

        Assert.Equal(["GET", method], pod.Requests);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task IdempotentRequest_OfAPodThatEndsTheConnectionInsteadOfAnswering_IsSentOnceMore(string method)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using ClosingPod pod = new();
        await world.RouteAsync(pod.Route);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(world, "GET", body: null));

        Assert.Equal(HttpStatusCode.OK, await AskAsync(world, method, body: null));

        Assert.Equal(["GET", method, method], pod.Requests);
    }

    /// <summary>As <c>curl -X</c> asks: without a body there is no <c>Content-Length</c> either, which .NET's client would send.</summary>
    private static async Task<HttpStatusCode> AskAsync(GatewayWorld world, string method, string? body)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, world.NodePort);
        string length = body is null ? "" : $"Content-Length: {body.Length}\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{method} / HTTP/1.1\r\nHost: hello\r\n{length}Connection: close\r\n\r\n{body}"));
        using StreamReader answer = new(client.GetStream());
        return Enum.Parse<HttpStatusCode>((await answer.ReadToEndAsync()).Split(' ')[1]);
    }

    /// <summary>Answers the first request of each connection; reads the second, and closes.</summary>
    private sealed class ClosingPod : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource ended = new();
        private readonly ConcurrentQueue<string> requests = new();
        private readonly Task serving;

        public ClosingPod()
        {
            listener.Start();
            serving = ServeAsync();
        }

        /// <summary>The methods, in the order in which they came.</summary>
        public IEnumerable<string> Requests => requests;

        public RouteEndpoint Route => new()
        {
            Pod = Guid.NewGuid(),
            PodName = "closing",
            Node = "node-1",
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

        private async Task ServeAsync()
        {
            while (true)
            {
                using Socket connection = await listener.AcceptSocketAsync(ended.Token);
                if (await ReadAsync(connection))
                {
                    await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), ended.Token);
                    await ReadAsync(connection);
                }
            }
        }

        /// <summary>Reads a request's head; false when there is none any more.</summary>
        private async Task<bool> ReadAsync(Socket connection)
        {
            StringBuilder head = new();
            byte[] buffer = new byte[4096];
            while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                int length = await connection.ReceiveAsync(buffer, ended.Token);
                if (length == 0)
                {
                    return false;
                }

                head.Append(Encoding.ASCII.GetString(buffer, 0, length));
            }

            requests.Enqueue(head.ToString().Split(' ')[0]);
            return true;
        }
    }
}
