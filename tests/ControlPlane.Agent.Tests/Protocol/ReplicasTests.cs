using System.Net;
using ControlPlane.Agent.Protocol;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Protocol;

/// <summary>An agent that knows several replicas of the control plane.</summary>
public sealed class ReplicasTests : IDisposable
{
    private readonly TemporaryFolder folder = new("replicas");
    private readonly Servers servers = new();
    private readonly ControlPlaneClient client;

    public ReplicasTests()
    {
        AgentOptions options = Parse("--server", "https://a:1,https://b:2/,https://c:3") with { DataFolder = folder.Path };
        client = new ControlPlaneClient(options, TimeProvider.System, () => 0.4, servers);
    }

    public void Dispose()
    {
        client.Dispose();
        servers.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Calls_StayWithTheReplicaThatWasDrawn()
    {
        await ReportAsync();
        await DesiredAsync();
        await ReportAsync();
        Assert.Equal(["https://b:2/", "https://b:2/", "https://b:2/"], servers.Asked);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task Replica_ThatFails_IsLeftForTheNextInTurn(HttpStatusCode? code)
    {
        servers.Answer = replica => replica.Host == "b" ? code : HttpStatusCode.OK;
        await Assert.ThrowsAsync<ControlPlaneException>(ReportAsync);
        await ReportAsync();
        servers.Answer = replica => replica.Host == "c" ? code : HttpStatusCode.OK;
        await Assert.ThrowsAsync<ControlPlaneException>(ReportAsync);
        await ReportAsync();
        Assert.Equal(["https://b:2/", "https://c:3/", "https://c:3/", "https://a:1/"], servers.Asked);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public async Task Replica_ThatRefuses_IsKept(HttpStatusCode code)
    {
        servers.Answer = _ => code;
        await Assert.ThrowsAsync<ControlPlaneException>(ReportAsync);
        await Assert.ThrowsAsync<ControlPlaneException>(ReportAsync);
        Assert.Equal(["https://b:2/", "https://b:2/"], servers.Asked);
    }

    [Fact]
    public void CallsThatFailTogether_MoveTheAgentOnce()
    {
        Replicas replicas = new([new Uri("https://a"), new Uri("https://b"), new Uri("https://c")], () => 0);
        Uri failed = replicas.Current;
        replicas.LeaveAfterFailure(failed);
        replicas.LeaveAfterFailure(failed);
        Assert.Equal("b", replicas.Current.Host);
    }

    [Fact]
    public async Task Stream_GoesToTheReplicaThatWaits_ElseToTheOneThatSaidSo()
    {
        servers.Streams = [Stream("here"), Stream("there") with { ReplicaUrl = "https://d:4" }];
        DesiredState desired = await DesiredAsync();
        servers.Answer = replica => replica.Host == "b" ? null : HttpStatusCode.OK;
        await Assert.ThrowsAsync<ControlPlaneException>(ReportAsync);
        servers.Answer = _ => HttpStatusCode.OK;
        servers.Asked.Clear();

        foreach (StreamRequest stream in desired.Streams)
        {
            using StringContent content = new("log");
            await client.PostStreamAsync(stream, content, errorStatus: null, CancellationToken.None);
        }

        Assert.Equal(["https://b:2/", "https://d:4/"], servers.Asked);
    }

    [Fact]
    public async Task Stream_ThatBreaks_DoesNotMoveTheAgent()
    {
        servers.Answer = _ => null;
        using StringContent content = new("log");
        await Assert.ThrowsAsync<ControlPlaneException>(() => client.PostStreamAsync(Stream("x"), content, errorStatus: null, CancellationToken.None));
        servers.Answer = _ => HttpStatusCode.OK;
        await ReportAsync();
        Assert.Equal(["https://b:2/", "https://b:2/"], servers.Asked);
    }

    [Theory]
    [InlineData("http://d:4/")]
    [InlineData("d:4")]
    [InlineData("")]
    public async Task Stream_AtAnAddressThatIsLessSafe_IsNotDialed(string url)
    {
        using StringContent content = new("log");
        ControlPlaneException refusal = await Assert.ThrowsAsync<ControlPlaneException>(
            () => client.PostStreamAsync(Stream("x") with { ReplicaUrl = url }, content, errorStatus: null, CancellationToken.None));
        Assert.Equal($"a stream waits at '{url}', which is no https URL", refusal.Message);
        Assert.Empty(servers.Asked);
    }

    [Theory]
    [InlineData("a", "--server: expected an http or https URL, got 'a'")]
    [InlineData("https://a,", "--server: expected an http or https URL, got ''")]
    [InlineData("https://a,http://b", "--server: expected different URLs of one scheme, got 'https://a,http://b'")]
    [InlineData("https://a,https://a/", "--server: expected different URLs of one scheme, got 'https://a,https://a/'")]
    public void Servers_ThatCannotBeMeant_AreRefused(string text, string why) =>
        Assert.Equal(why, Assert.Throws<FormatException>(() => Parse("--server", text)).Message);

    private static AgentOptions Parse(params string[] arguments) => AgentOptions.Parse([.. arguments, "--token-file", "none", "--node-name", "n"]);

    private static StreamRequest Stream(string id) => new() { Id = id, PodUid = "uid", Type = "logs" };

    private Task<ReportReply> ReportAsync() => client.ReportAsync(new NodeReport { SessionId = "s", Sequence = 1 }, CancellationToken.None);

    private Task<DesiredState> DesiredAsync() => client.GetDesiredAsync(0, "", CancellationToken.None);

    /// <summary>All replicas: each answers with a status code, or not at all.</summary>
    private sealed class Servers : HttpMessageHandler
    {
        public List<string> Asked { get; } = [];

        public Func<Uri, HttpStatusCode?> Answer { get; set; } = _ => HttpStatusCode.OK;

        public IReadOnlyList<StreamRequest> Streams { get; set; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Uri address = request.RequestUri!;
            Asked.Add(new Uri(address, "/").ToString());
            HttpStatusCode code = Answer(address) ?? throw new HttpRequestException("nobody listens");
            object body = address.AbsolutePath.EndsWith("/desired", StringComparison.Ordinal)
                ? new DesiredState { StoreIdentity = "store", Revision = 1, Streams = [.. Streams] }
                : new ReportReply { StoreIdentity = "store", Revision = 1 };
            return Task.FromResult(new HttpResponseMessage(code) { Content = new ByteArrayContent(ResourceJson.SerializeToUtf8Bytes(body)) });
        }
    }
}
