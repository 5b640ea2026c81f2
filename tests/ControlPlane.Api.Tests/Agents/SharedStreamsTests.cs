using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using ControlPlane.Api.Hosting;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>Two replicas on one database: the agent is connected to one, the client asks the other.</summary>
[Collection(ApiCollection.Name)]
public sealed class SharedStreamsTests(ApiServer agents) : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly string node = $"node-{Guid.NewGuid():N}";
    private ApiServer clients = null!;
    private string log = "";

    public async Task InitializeAsync()
    {
        clients = await ApiServer.StartBesideAsync(agents);
        NodeReport report = new() { SessionId = "s", Sequence = 1, IsFull = true, Node = new NodeStatus() };
        using HttpResponseMessage reported = await agents.Agent.PostAsJsonAsync($"/agent/v1/nodes/{node}/report", report, ResourceJson.Options);
        reported.EnsureSuccessStatusCode();
        string home = $"/api/v1/namespaces/{await agents.NewNamespaceAsync()}/pods";
        await agents.PostAsync(home, Samples.Pod("p", node));
        log = $"{home}/p/log";
    }

    public Task DisposeAsync() => clients.DisposeAsync();

    [Fact]
    public async Task Log_OfAnAgentThatIsConnectedElsewhere_IsDialedToTheReplicaThatWaits()
    {
        Task<HttpResponseMessage> asked = clients.Admin.GetAsync($"{log}?tailLines=2");
        StreamRequest request = await AskedForAsync();
        Assert.Equal((2L, clients.Https.Port), (request.Logs!.TailLines, new Uri(request.ReplicaUrl!).Port));
        Assert.Equal(Uri.UriSchemeHttps, new Uri(request.ReplicaUrl!).Scheme);

        using StringContent lines = new("one\ntwo\n");
        using HttpResponseMessage sent = await clients.Agent.PostAsync($"/agent/v1/streams/{request.Id}", lines);

        using HttpResponseMessage response = await asked.WaitAsync(Within);
        Assert.Equal("one\ntwo\n", await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NoContent, sent.StatusCode);
        await NothingIsAskedForAsync();
    }

    [Fact]
    public async Task FollowedLog_ComesAsItIsWritten_AndTheClientsLeavingEndsTheAgentsCall()
    {
        using HttpRequestMessage follow = new(HttpMethod.Get, $"{log}?follow=true");
        Task<HttpResponseMessage> asked = clients.Admin.SendAsync(follow, HttpCompletionOption.ResponseHeadersRead);
        StreamRequest request = await AskedForAsync();
        Pipe written = new();
        using LogContent content = new(written.Reader);
        using HttpClient agent = AgentOverHttp2();
        Task<HttpResponseMessage> sent = agent.PostAsync($"/agent/v1/streams/{request.Id}", content);

        await written.Writer.WriteAsync("one\n"u8.ToArray());
        using (HttpResponseMessage response = await asked.WaitAsync(Within))
        {
            using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
            Assert.Equal("one", await reader.ReadLineAsync().WaitAsync(Within));
            await written.Writer.WriteAsync("two\n"u8.ToArray());
            Assert.Equal("two", await reader.ReadLineAsync().WaitAsync(Within));
            Assert.False(sent.IsCompleted);
        }

        // The client's handler says one or the other, by whether it was just waiting for something to send.
        Exception? broken = await Record.ExceptionAsync(() => sent.WaitAsync(Within));
        Assert.True(broken is HttpRequestException or OperationCanceledException, $"the call ended with {broken}");
        await written.Writer.CompleteAsync();
    }

    [Fact]
    public async Task FollowedLog_WhoseAgentIsCutOff_EndsForTheClient()
    {
        using HttpRequestMessage follow = new(HttpMethod.Get, $"{log}?follow=true");
        Task<HttpResponseMessage> asked = clients.Admin.SendAsync(follow, HttpCompletionOption.ResponseHeadersRead);
        StreamRequest request = await AskedForAsync();
        Pipe written = new();
        using LogContent content = new(written.Reader);
        using CancellationTokenSource cut = new();
        Task<HttpResponseMessage> sent = clients.Agent.PostAsync($"/agent/v1/streams/{request.Id}", content, cut.Token);
        await written.Writer.WriteAsync("one\n"u8.ToArray());
        using HttpResponseMessage response = await asked.WaitAsync(Within);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        Assert.Equal("one", await reader.ReadLineAsync().WaitAsync(Within));

        await cut.CancelAsync();

        // A client can tell a log that was cut from one that ended.
        await Assert.ThrowsAnyAsync<IOException>(() => reader.ReadLineAsync().WaitAsync(Within));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        await written.Writer.CompleteAsync();
    }

    [Fact]
    public async Task Log_WhoseClientHasGone_IsNotAskedForAnyMore()
    {
        using CancellationTokenSource leave = new();
        Task<HttpResponseMessage> asked = clients.Admin.GetAsync(log, leave.Token);
        StreamRequest request = await AskedForAsync();

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await NothingIsAskedForAsync();
        using StringContent late = new("late");
        using HttpResponseMessage sent = await clients.Agent.PostAsync($"/agent/v1/streams/{request.Id}", late);
        Assert.Equal(HttpStatusCode.NotFound, sent.StatusCode);
    }

    [Theory]
    [InlineData("10.0.0.6")]
    [InlineData("ftp://10.0.0.6")]
    public async Task Start_WithAnAddressThatCannotBeDialed_IsRefused(string url)
    {
        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using WebApplication app = ApiHost.Build([$"--replica-url={url}", "--ConnectionStrings:ControlPlane=Host=nowhere"]);
            await app.StartAsync();
        });
        Assert.Contains("--replica-url must be a URL", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>As agents speak: over HTTP/2, where a call that is broken off is noticed at once, also by one who has nothing to send at the moment.</summary>
    private HttpClient AgentOverHttp2()
    {
        HttpClient agent = clients.OverHttp2();
        agent.DefaultRequestHeaders.Authorization = clients.Agent.DefaultRequestHeaders.Authorization;
        return agent;
    }

    /// <summary>The stream that the agent, connected to the other replica, is asked for.</summary>
    private async Task<StreamRequest> AskedForAsync()
    {
        using CancellationTokenSource late = new(Within);
        long after = 0;
        while (true)
        {
            DesiredState desired = await DesiredAsync(after, late.Token);
            if (!desired.Streams.IsEmpty)
            {
                return Assert.Single(desired.Streams);
            }

            after = desired.Revision;
        }
    }

    private async Task NothingIsAskedForAsync()
    {
        using CancellationTokenSource late = new(Within);
        while (!(await DesiredAsync(0, late.Token)).Streams.IsEmpty)
        {
            await Task.Delay(50, late.Token);
        }
    }

    private async Task<DesiredState> DesiredAsync(long after, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await agents.Agent.GetAsync($"/agent/v1/nodes/{node}/desired?after={after}", cancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        return (await response.Content.ReadFromJsonAsync<DesiredState>(ResourceJson.Options, cancellationToken))!;
    }

    /// <summary>A body that is sent as it is written, like an agent's.</summary>
    private sealed class LogContent(PipeReader source) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            ReadResult read;
            do
            {
                read = await source.ReadAsync(cancellationToken);
                foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                {
                    await stream.WriteAsync(segment, cancellationToken);
                }

                await stream.FlushAsync(cancellationToken);
                source.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
