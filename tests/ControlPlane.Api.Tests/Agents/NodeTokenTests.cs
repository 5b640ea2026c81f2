using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Api.Tests.Agents;

[Collection(ApiCollection.Name)]
public sealed class NodeTokenTests(ApiServer api)
{
    private readonly string node = $"node-{Guid.NewGuid():N}";
    private readonly string token = NewToken();

    [Fact]
    public async Task Join_LetsTheTokenSpeakForItsNodeAndForNoOther()
    {
        await AssertAsync(HttpStatusCode.NoContent, await JoinAsync(node, token));

        await AssertAsync(HttpStatusCode.OK, await DesiredAsync(node, token));
        await AssertAsync(HttpStatusCode.OK, await ReportAsync(node, token));
        await AssertAsync(HttpStatusCode.Forbidden, await DesiredAsync($"other-{node}", token), $"token \"system:node:{node}\" does not speak for node \"other-{node}\"");
        await AssertAsync(HttpStatusCode.Forbidden, await ReportAsync($"other-{node}", token), "does not speak for node");
        await AssertAsync(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, "/api/v1/pods", token));
        await AssertAsync(HttpStatusCode.Forbidden, await JoinAsync($"other-{node}", NewToken(), token), "is a node's own and cannot join another");
    }

    [Fact]
    public async Task Join_TakesTheNodeFromTheSharedTokenAndFromEveryOther()
    {
        await AssertAsync(HttpStatusCode.OK, await DesiredAsync(node, Shared));
        await JoinAsync(node, token);

        await AssertAsync(HttpStatusCode.Forbidden, await DesiredAsync(node, Shared), "token \"agents\" does not speak for node");
        await AssertAsync(HttpStatusCode.Forbidden, await ReportAsync(node, Shared));
        await AssertAsync(HttpStatusCode.Forbidden, await JoinAsync(node, NewToken()), "has joined with another token; delete the Node");
        await AssertAsync(HttpStatusCode.NoContent, await JoinAsync(node, token));
    }

    [Fact]
    public async Task Join_OfManyAtOnce_BindsOne()
    {
        string[] rivals = [.. Enumerable.Range(0, 8).Select(_ => NewToken())];

        HttpResponseMessage[] answers = await Task.WhenAll(rivals.Select(rival => JoinAsync(node, rival)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        string winner = rivals[Array.FindIndex(answers, answer => answer.StatusCode == HttpStatusCode.NoContent)];
        await AssertAsync(HttpStatusCode.OK, await DesiredAsync(node, winner));
    }

    [Fact]
    public async Task Stream_IsTheNodesWhosePodItIs()
    {
        string other = $"other-{node}";
        string othersToken = NewToken();
        await JoinAsync(node, token);
        await JoinAsync(other, othersToken);
        using PendingStream stream = api.Services.GetRequiredService<StreamBroker>()
            .Open(node, new StreamRequest { Id = Guid.NewGuid().ToString("N"), PodUid = "uid", Type = "logs" });

        await AssertAsync(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Post, $"/agent/v1/streams/{stream.Request.Id}", othersToken));
        Assert.False(stream.IsConnected);
    }

    [Fact]
    public async Task DeletedNode_RevokesItsTokenAndTheNameMayJoinAnew()
    {
        await JoinAsync(node, token);
        await AssertAsync(HttpStatusCode.OK, await ReportAsync(node, token));

        await api.DeleteAsync($"/api/v1/nodes/{node}");

        await AssertAsync(HttpStatusCode.Unauthorized, await DesiredAsync(node, token));
        await AssertAsync(HttpStatusCode.NoContent, await JoinAsync(node, NewToken()));
    }

    [Theory]
    [InlineData("""{"token":"short"}""", "token: Invalid value: must have 43 to 256 characters")]
    [InlineData("{}", "the request to join cannot be read")]
    [InlineData("[", "the request to join cannot be read")]
    public async Task Join_WithABadBody_IsRefused(string body, string why) =>
        await AssertAsync(HttpStatusCode.BadRequest, await SendAsync(HttpMethod.Post, $"/agent/v1/nodes/{node}/join", Shared, new StringContent(body)), why);

    [Fact]
    public async Task Join_WithABadName_IsRefused() =>
        await AssertAsync(HttpStatusCode.UnprocessableEntity, await JoinAsync("Not_A_Name", token), "metadata.name: Invalid value: \"Not_A_Name\"");

    private string Shared => File.ReadAllText(Path.Combine(api.DataFolder, "agent.token")).Trim();

    private static string NewToken() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(33));

    private Task<HttpResponseMessage> JoinAsync(string name, string own, string? by = null) =>
        SendAsync(HttpMethod.Post, $"/agent/v1/nodes/{name}/join", by ?? Shared, JsonContent.Create(new JoinRequest { Token = own }, options: ResourceJson.Options));

    private Task<HttpResponseMessage> DesiredAsync(string name, string by) => SendAsync(HttpMethod.Get, $"/agent/v1/nodes/{name}/desired?after=0", by);

    private Task<HttpResponseMessage> ReportAsync(string name, string by) => SendAsync(
        HttpMethod.Post,
        $"/agent/v1/nodes/{name}/report",
        by,
        JsonContent.Create(new NodeReport { SessionId = "s", Sequence = 1, IsFull = true, Node = new NodeStatus() }, options: ResourceJson.Options));

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string by, HttpContent? body = null)
    {
        using HttpRequestMessage request = new(method, path) { Content = body, Headers = { Authorization = new AuthenticationHeaderValue("Bearer", by) } };
        return await api.Nobody.SendAsync(request);
    }

    private static async Task AssertAsync(HttpStatusCode code, HttpResponseMessage response, string message = "")
    {
        using (response)
        {
            string text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == code, $"expected {(int)code}, got {(int)response.StatusCode}: {text}");
            if ((int)code >= 400)
            {
                JsonNode status = JsonNode.Parse(text)!;
                Assert.Equal("Status", (string)status["kind"]!);
                Assert.Contains(message, (string)status["message"]!, StringComparison.Ordinal);
            }
        }
    }
}
