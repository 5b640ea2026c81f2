using System.Net;
using System.Net.Sockets;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Hosting;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Tests.Listening;
using ControlPlane.Gateway.Traffic;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Gateway.Tests.Names;

/// <summary>A name server on a loopback address, and the host's resolver, which is a socket of the test.</summary>
public sealed class NameServerTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new("names");
    private readonly Socket resolver = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource stop = new();
    private readonly Acknowledged routes = new(TimeProvider.System);
    private static readonly GatewayOptions Options = new() { Server = new Uri("http://127.0.0.1"), TokenFile = "", NodeName = "node-1", DataFolder = "" };

    private readonly NodeNetworks networks = new(Options, TimeProvider.System, NullLogger<NodeNetworks>.Instance);
    private readonly AddressClaims claims = new(Options);
    private readonly NameSockets sockets = new();
    private readonly Connections connections = new(NullLogger<Connections>.Instance);
    private readonly DrainState drain = new();

    private IPEndPoint endPoint = null!;
    private Task serving = null!;
    private NameServer server = null!;

    public async Task InitializeAsync()
    {
        resolver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string file = Path.Combine(folder.Path, "resolv.conf");
        await File.WriteAllTextAsync(file, "nameserver 127.0.0.1\n");
        routes.Set(ServiceNamesTests.Table);
        server = new NameServer(networks, routes, ServiceNamesTests.Pods(), sockets, claims, connections, drain, TimeProvider.System, NullLogger<NameServer>.Instance)
        {
            Upstream = new Upstream(TimeProvider.System) { Timeout = Patience, ResolvConf = file, Port = ((IPEndPoint)resolver.LocalEndPoint!).Port },
        };
        using (Socket free = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            free.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
            endPoint = (IPEndPoint)free.LocalEndPoint!;
        }

        serving = server.ServeAsync(ServiceNamesTests.Network, endPoint, stop.Token);
    }

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    public void Dispose()
    {
        server.Dispose();
        networks.Dispose();
        claims.Dispose();
        sockets.Dispose();
        drain.Dispose();
        routes.Dispose();
        resolver.Dispose();
        stop.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task ServiceName_IsAnsweredOverUdpAndTcp()
    {
        byte[] question = Ask.For("orders.shop.svc.cluster.local");

        byte[] overUdp = await AskAsync(question);

        Assert.Equal((ResponseCode.NoError, false, 1, 0), Ask.Summary(overUdp));
        Assert.Equal([10, 65, 3, 9], overUdp[^4..]);
        using Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await tcp.ConnectAsync(endPoint);
        await using NetworkStream stream = new(tcp);
        foreach (int _ in Enumerable.Range(0, 2))
        {
            await Upstream.WriteFramedAsync(stream, question, CancellationToken.None);
            Assert.Equal(overUdp, await Upstream.ReadFramedAsync(stream, CancellationToken.None).WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task OtherName_IsAnsweredAsTheHostsResolverDoes()
    {
        byte[] question = Ask.For("example.org");
        Task<byte[]> asking = AskAsync(question);

        byte[] buffer = new byte[512];
        SocketReceiveFromResult asked = await resolver.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(Patience);
        Assert.Equal(question, buffer[..asked.ReceivedBytes]);
        byte[] answer = DnsMessage.Write(DnsMessage.Read(question)!, new DnsAnswer(ResponseCode.NoError, new DnsRecord.Address(IPAddress.Parse("192.0.2.1"))), 512);
        await resolver.SendToAsync(answer, asked.RemoteEndPoint);

        Assert.Equal(answer, await asking);
    }

    [Fact]
    public async Task OtherName_ThatNoResolverAnswers_IsAServerFailure()
    {
        resolver.Dispose();

        Assert.Equal(ResponseCode.ServerFailure, Ask.Summary(await AskAsync(Ask.For("example.org"))).Code);
    }

    /// <summary>The successor's table is empty, so its answers are told from those of the one before.</summary>
    [Fact]
    public async Task Successor_AnswersOnTheSameSockets_WhileTheOneBeforeEndsWhatItWasAsked()
    {
        byte[] question = Ask.For("example.org");
        Task<byte[]> asking = AskAsync(question);
        byte[] buffer = new byte[512];
        SocketReceiveFromResult asked = await resolver.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(Patience);
        using NameSockets passed = new();
        using Passing passing = new();
        List<Socket> received = [];
        sockets.ForEach(socket => received.Add(passing.Pass(socket)));
        passed.Inherit(received);
        using Acknowledged empty = new(TimeProvider.System);
        empty.Set(ServiceNamesTests.Table with { Services = [] });
        using DrainState later = new();
        using NameServer successor = new(networks, empty, ServiceNamesTests.Pods(), passed, claims, connections, later, TimeProvider.System, NullLogger<NameServer>.Instance);
        Task successorServing = successor.ServeAsync(ServiceNamesTests.Network, endPoint, stop.Token);

        drain.Begin();

        foreach (int _ in Enumerable.Range(0, 40))
        {
            Assert.Equal(ResponseCode.NameError, Ask.Summary(await AskAsync(Ask.For("orders.shop.svc.cluster.local"))).Code);
        }

        byte[] answer = DnsMessage.Write(DnsMessage.Read(question)!, new DnsAnswer(ResponseCode.NoError, new DnsRecord.Address(IPAddress.Parse("192.0.2.1"))), 512);
        await resolver.SendToAsync(answer, asked.RemoteEndPoint);
        Assert.Equal(answer, await asking);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.WaitAsync(Patience));
        Assert.Equal(ResponseCode.NameError, Ask.Summary(await AskAsync(Ask.For("orders.shop.svc.cluster.local"))).Code);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => successorServing);
    }

    /// <summary>The last connection has ended, and a question is still with the host's resolver: the process is not to end before that is answered.</summary>
    [Fact]
    public async Task Question_OnItsWay_IsWaitedForAtAHandOver()
    {
        byte[] question = Ask.For("example.org");
        Task<byte[]> asking = AskAsync(question);
        byte[] buffer = new byte[512];
        SocketReceiveFromResult asked = await resolver.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(Patience);

        drain.Begin();
        Task ended = connections.EndedAsync(CancellationToken.None);

        Assert.False(ended.IsCompleted);
        await resolver.SendToAsync(DnsMessage.Write(DnsMessage.Read(question)!, new DnsAnswer(ResponseCode.NoError), 512), asked.RemoteEndPoint);
        Assert.Equal(ResponseCode.NoError, Ask.Summary(await asking).Code);
        await ended.WaitAsync(Patience);
    }

    private async Task<byte[]> AskAsync(byte[] question)
    {
        using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await udp.ConnectAsync(endPoint);
        await udp.SendAsync(question);
        byte[] answer = new byte[512];
        int length = await udp.ReceiveAsync(answer).WaitAsync(Patience);
        return answer[..length];
    }
}
