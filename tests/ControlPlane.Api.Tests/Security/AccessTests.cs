using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Security;

[Collection(ApiCollection.Name)]
public sealed class AccessTests(ApiServer api)
{
    [Theory]
    [InlineData("/api/v1/pods")]
    [InlineData("/apis")]
    [InlineData("/version")]
    [InlineData("/openapi/v2")]
    [InlineData("/metrics")]
    [InlineData("/agent/v1/nodes/n/desired")]
    [InlineData("/nowhere")]
    public async Task WithoutAToken_NothingIsServed(string path)
    {
        using HttpResponseMessage response = await api.Nobody.GetAsync(path);
        await AssertStatusAsync(response, HttpStatusCode.Unauthorized, "Unauthorized");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/v1/swagger.json")]
    public async Task WithoutAToken_HealthAndSwaggersPagesAreServed(string path)
    {
        using HttpResponseMessage response = await api.Nobody.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("healthz")]
    [InlineData("livez")]
    [InlineData("readyz")]
    public async Task Health_AskedVerbosely_NamesItsChecks(string path)
    {
        string text = await api.Nobody.GetStringAsync($"/{path}?verbose");
        Assert.StartsWith("[+]ping ok\n", text, StringComparison.Ordinal);
        Assert.EndsWith($"{path} check passed\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic YTpi")]
    public async Task WithAWrongToken_IsUnauthorized(string authorization)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/v1/pods");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using HttpResponseMessage response = await api.Nobody.SendAsync(request);
        await AssertStatusAsync(response, HttpStatusCode.Unauthorized, "Unauthorized");
    }

    [Fact]
    public async Task AnAgentsToken_OpensTheAgentProtocolOnly()
    {
        using HttpResponseMessage objects = await api.Agent.GetAsync("/api/v1/secrets");
        await AssertStatusAsync(objects, HttpStatusCode.Forbidden, "Forbidden");
        using HttpResponseMessage desired = await api.Agent.GetAsync("/agent/v1/nodes/access-test/desired?after=0");
        Assert.Equal(HttpStatusCode.OK, desired.StatusCode);
    }

    [Fact]
    public async Task AnAdministratorsToken_DoesNotOpenTheAgentProtocol()
    {
        using HttpResponseMessage response = await api.Admin.GetAsync("/agent/v1/nodes/access-test/desired?after=0");
        await AssertStatusAsync(response, HttpStatusCode.Forbidden, "Forbidden");
    }

    [Fact]
    public async Task Https_IsServedWithACertificateOfTheDataFoldersAuthority_OverHttp2()
    {
        using HttpClient client = api.OverHttp2();
        client.DefaultRequestHeaders.Authorization = api.Admin.DefaultRequestHeaders.Authorization;
        using HttpResponseMessage response = await client.GetAsync("/api/v1/namespaces");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpVersion.Version20, response.Version);
    }

    [Theory]
    [InlineData("admin.token")]
    [InlineData("agent.token")]
    [InlineData("ca.key")]
    [InlineData("tls.key")]
    public void SecretFiles_AreTheOwnersAlone(string file)
    {
        FileInfo info = new(Path.Combine(api.DataFolder, file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, info.UnixFileMode);
    }

    private static async Task AssertStatusAsync(HttpResponseMessage response, HttpStatusCode code, string reason)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == code, $"expected {(int)code}, got {(int)response.StatusCode}: {text}");
        JsonObject status = JsonNode.Parse(text)!.AsObject();
        Assert.Equal(("Status", "Failure", reason), ((string)status["kind"]!, (string)status["status"]!, (string)status["reason"]!));
    }
}
