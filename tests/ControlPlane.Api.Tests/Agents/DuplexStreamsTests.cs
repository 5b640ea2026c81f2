using System.Net;
using System.Net.Http.Headers;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>Streams in both directions: what an agent dials, and what waits for it.</summary>
[Collection(ApiCollection.Name)]
public sealed class DuplexStreamsTests(ApiServer api)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly StreamRequest request = new()
    {
        Id = Guid.NewGuid().ToString("N"),
        PodUid = "uid",
        Type = StreamTypes.PortForward,
        PortForward = new PortForwardOptions(80),
    };

    [Fact]
    public async Task Agent_ThatDials_SpeaksAndHearsAtTheSameTime_UntilTheClientHasGone()
    {
        using PendingStream waiting = Broker.Open("node", request);
        await using StreamConnection agent = new(await DialAsync(request.Id));
        StreamConnection replica = (await waiting.Connected.WaitAsync(Within)).Connection!;

        await replica[StreamChannels.Data].WriteAsync("ping"u8.ToArray());
        Assert.Equal("ping", await ReadAsync(agent[StreamChannels.Data]));
        await agent[StreamChannels.Data].WriteAsync("pong"u8.ToArray());
        Assert.Equal("pong", await ReadAsync(replica[StreamChannels.Data]));
        Assert.False(agent.Closed.IsCompleted);

        waiting.Dispose();
        await agent.Closed.WaitAsync(Within);
    }

    [Fact]
    public async Task Agent_ThatIsCutOff_IsNoticed()
    {
        using PendingStream waiting = Broker.Open("node", request);
        StreamConnection agent = new(await DialAsync(request.Id));
        StreamConnection replica = (await waiting.Connected.WaitAsync(Within)).Connection!;

        await agent.DisposeAsync();

        await replica.Closed.WaitAsync(Within);
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(replica[StreamChannels.Data]));
    }

    [Fact]
    public async Task Stream_ThatNobodyWaitsFor_IsNotUpgraded()
    {
        using HttpResponseMessage answer = await SendAsync(request.Id, StreamRequest.DuplexProtocol);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("websocket")]
    public async Task Call_ThatIsNoUpgradeToTheProtocol_IsRefused(string? protocol)
    {
        using PendingStream waiting = Broker.Open("node", request);

        using HttpResponseMessage answer = await SendAsync(request.Id, protocol);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("must be upgraded to controlplane-stream", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(waiting.IsConnected);
    }

    private StreamBroker Broker => api.Services.GetRequiredService<StreamBroker>();

    private async Task<Stream> DialAsync(string id)
    {
        HttpResponseMessage answer = await SendAsync(id, StreamRequest.DuplexProtocol);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, answer.StatusCode);
        return await answer.Content.ReadAsStreamAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(string id, string? protocol)
    {
        using HttpRequestMessage dial = new(HttpMethod.Get, $"/agent/v1/streams/{id}");
        if (protocol is not null)
        {
            dial.Headers.Connection.Add("Upgrade");
            dial.Headers.Upgrade.Add(new ProductHeaderValue(protocol));
        }

        return await api.Agent.SendAsync(dial, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<string> ReadAsync(StreamChannel channel)
    {
        byte[] buffer = new byte[4];
        await channel.ReadExactlyAsync(buffer).AsTask().WaitAsync(Within);
        return System.Text.Encoding.UTF8.GetString(buffer);
    }
}
