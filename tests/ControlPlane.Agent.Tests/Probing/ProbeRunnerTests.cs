using System.Net;
using System.Net.Sockets;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Tests.Deciding;
using ControlPlane.Domain.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Agent.Tests.Probing;

/// <summary>One question to one container, over the wire where there is one.</summary>
public sealed class ProbeRunnerTests : IDisposable
{
    private readonly SteppedTime time = new();
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public void Dispose() => listener.Dispose();

    [Fact]
    public async Task Tcp_SucceedsWhenSomebodyListensAndFailsWhenNobodyDoes()
    {
        listener.Start();
        Probe probe = new() { TcpSocket = new() { Port = Port } };

        Assert.Equal(new ProbeAnswer(IsSuccess: true), await AskAsync(probe));
        listener.Stop();
        ProbeAnswer refused = await AskAsync(probe);

        Assert.False(refused.IsSuccess);
        Assert.Contains("refused", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(302, true)]
    [InlineData(399, true)]
    [InlineData(400, false)]
    [InlineData(503, false)]
    public async Task Http_SucceedsFrom200To399(int status, bool isSuccess)
    {
        await using WebApplication server = WebApplication.CreateSlimBuilder().Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGet("/healthz", (HttpContext context) =>
        {
            context.Response.StatusCode = context.Request.Headers["X-Probe"] == "yes" ? status : 500;
            return status is 204 ? Task.CompletedTask : context.Response.WriteAsync("because");
        });
        await server.StartAsync();
        int port = new Uri(server.Urls.Single()).Port;

        ProbeAnswer answer = await AskAsync(new Probe
        {
            HttpGet = new() { Path = "healthz", Port = "http", HttpHeaders = [new HttpHeader { Name = "X-Probe", Value = "yes" }] },
        }, new ContainerPort { Name = "http", Number = port });

        Assert.Equal(new ProbeAnswer(isSuccess, isSuccess ? "" : $"HTTP probe failed with statuscode: {status} (because)"), answer);
    }

    [Fact]
    public async Task Http_SilenceFailsAfterTheTimeout()
    {
        listener.Start();
        Task<ProbeAnswer> asking = AskAsync(new Probe { HttpGet = new() { Port = Port }, TimeoutSeconds = 2 });
        using TcpClient accepted = await listener.AcceptTcpClientAsync();

        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(new ProbeAnswer(IsSuccess: false, "no answer within 2s"), await asking);
    }

    /// <summary>.NET itself refuses a header of a body on a request that has none.</summary>
    [Fact]
    public async Task Http_SendsEveryHeaderThatItIsGiven()
    {
        List<string> seen = [];
        string[] names = ["Content-Type", "Host", "User-Agent", "X-Probe"];
        await using WebApplication server = WebApplication.CreateSlimBuilder().Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGet("/", (HttpContext context) => seen.AddRange(names.Select(name => $"{name}: {context.Request.Headers[name]}")));
        await server.StartAsync();

        ProbeAnswer answer = await AskAsync(new Probe
        {
            HttpGet = new()
            {
                Port = new Uri(server.Urls.Single()).Port,
                HttpHeaders = [new() { Name = "Content-Type", Value = "application/json" }, new() { Name = "Host", Value = "web.test" }, new() { Name = "User-Agent", Value = "mine" }, new() { Name = "X-Probe", Value = "a" }, new() { Name = "X-Probe", Value = "b" }],
            },
        });

        Assert.Equal(new ProbeAnswer(IsSuccess: true), answer);
        Assert.Equal(["Content-Type: application/json", "Host: web.test", "User-Agent: mine", "X-Probe: a, b"], seen);
    }

    [Fact]
    public async Task Http_AnswerThatIsBrokenOff_FailsAsAnyOther()
    {
        listener.Start();
        Task<ProbeAnswer> asking = AskAsync(new Probe { HttpGet = new() { Port = Port }, TimeoutSeconds = 30 });
        using (TcpClient accepted = await listener.AcceptTcpClientAsync())
        {
            await accepted.GetStream().ReadExactlyAsync(new byte[4]);
            await accepted.GetStream().WriteAsync("HTTP/1.1 500 Broken\r\nContent-Length: 100\r\n\r\nhalf"u8.ToArray());
            accepted.Client.Shutdown(SocketShutdown.Send);
            Assert.False((await asking).IsSuccess);
        }
    }

    [Theory]
    [InlineData("ready", true, "")]
    [InlineData("unready", false, "service unhealthy (responded with \"NOT_SERVING\")")]
    [InlineData("fresh", false, "service unhealthy (responded with \"UNKNOWN\")")]
    [InlineData("absent", false, "error: health rpc probe failed: code 5: unknown service absent")]
    [InlineData("old", false, "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): code 12: ")]
    public async Task Grpc_SucceedsWhenTheServiceServes(string service, bool isSuccess, string message)
    {
        await using WebApplication server = await GrpcServer.StartAsync();

        ProbeAnswer answer = await AskAsync(new Probe { Grpc = new() { Port = new Uri(server.Urls.Single()).Port, Service = service }, TimeoutSeconds = 30 });

        Assert.Equal(new ProbeAnswer(isSuccess, message), answer);
    }

    [Fact]
    public async Task Grpc_WithoutAService_AsksForTheServer()
    {
        await using WebApplication server = await GrpcServer.StartAsync();

        Assert.Equal(new ProbeAnswer(IsSuccess: true), await AskAsync(new Probe { Grpc = new() { Port = new Uri(server.Urls.Single()).Port }, TimeoutSeconds = 30 }));
        Assert.Equal(
            new ProbeAnswer(IsSuccess: true),
            await AskAsync(new Probe { Grpc = new() { Port = new Uri(server.Urls.Single()).Port, Service = new string('s', 300) }, TimeoutSeconds = 30 }));
    }

    [Fact]
    public async Task Grpc_OfAServerThatSpeaksHttp1Alone_Fails()
    {
        await using WebApplication server = WebApplication.CreateSlimBuilder().Build();
        server.Urls.Add("http://127.0.0.1:0");
        await server.StartAsync();

        Assert.False((await AskAsync(new Probe { Grpc = new() { Port = new Uri(server.Urls.Single()).Port }, TimeoutSeconds = 30 })).IsSuccess);
        Assert.False((await AskAsync(new Probe { Grpc = new() { Port = Port }, TimeoutSeconds = 30 })).IsSuccess);
    }

    [Fact]
    public async Task Port_WithANameThatTheContainerDoesNotKnow_FailsAndSaysSo() =>
        Assert.Equal(new ProbeAnswer(IsSuccess: false, "the container has no port 'admin'"), await AskAsync(new Probe { HttpGet = new() { Port = "admin" } }));

    [Theory]
    [InlineData(0, true, "")]
    [InlineData(3, false, "command exited with code 3: no disk")]
    public async Task Exec_SucceedsWithExitCodeZero(int exitCode, bool isSuccess, string message) => Assert.Equal(
        new ProbeAnswer(isSuccess, message),
        await AskAsync(new Probe { Exec = new() { Command = ["check"] } }, runtime: new((_, _) => Task.FromResult(new ExecResult(exitCode, "no disk\n")))));

    [Fact]
    public async Task Exec_ThatCannotBeStarted_FailsWithTheReason() => Assert.Equal(
        new ProbeAnswer(IsSuccess: false, "no such file"),
        await AskAsync(new Probe { Exec = new() { Command = ["check"] } }, runtime: new((_, _) => throw new ContainerStartException("no such file"))));

    [Fact]
    public async Task Exec_ThatTakesTooLong_Fails()
    {
        Task<ProbeAnswer> asking = AskAsync(new Probe { Exec = new() { Command = ["sleep", "9"] } }, runtime: new(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return new ExecResult(0, "");
        }));

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new ProbeAnswer(IsSuccess: false, "command timed out: \"sleep 9\" timed out after 1s"), await asking);
    }

    private int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    private async Task<ProbeAnswer> AskAsync(Probe probe, ContainerPort? port = null, ScriptedRuntime? runtime = null)
    {
        using ProbeRunner runner = new(runtime ?? new((_, _) => throw new NotSupportedException()), time);
        Container container = new() { Name = "c", Ports = port is null ? [] : [port] };
        return await runner.ProbeAsync(new ProbeTarget(Given.Pod(), container, Given.Alive(), "127.0.0.1"), probe, CancellationToken.None);
    }
}
