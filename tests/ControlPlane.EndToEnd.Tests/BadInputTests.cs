using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>What is wrong is refused with a Status that says what to mend, and changes nothing.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class BadInputTests(SharedProduct shared)
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";

    private const string Good = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"good"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"good"}},
        "template":{"metadata":{"labels":{"app":"good"}},"spec":{"containers":[{"name":"c","image":"hello:v1"}]}}}}
        """;

    /// <summary>Name, media type, what to put in place of what in the good body, the code, and what the answer must speak of.</summary>
    public static TheoryData<string, string, string, string, int, string> Cases => new()
    {
        { "broken JSON", "application/json", "\"kind\":", "\"kind\"", 400, "BadRequest" },
        { "broken YAML", "application/yaml", Good, "kind: [Deployment\n", 400, "BadRequest" },
        { "a wrong type", "application/json", "\"replicas\":0", "\"replicas\":\"many\"", 400, "replicas" },
        { "a selector that does not match the template", "application/json", "\"matchLabels\":{\"app\":\"good\"}", "\"matchLabels\":{\"app\":\"bad\"}", 422, "spec.template.metadata.labels" },
        { "negative replicas", "application/json", "\"replicas\":0", "\"replicas\":-1", 422, "spec.replicas" },
        { "a bad image name", "application/json", "hello:v1", "Hello World", 422, "spec.template.spec.containers[0].image" },
        { "an unknown field", "application/json", "\"replicas\":0", "\"replicas\":0,\"replcias\":2", 400, "replcias" },
        { "a field that is not honoured", "application/json", "\"name\":\"c\"", "\"name\":\"c\",\"securityContext\":{\"procMount\":\"Unmasked\"}", 422, "procMount" },
        { "an unknown kind", "application/json", "\"kind\":\"Deployment\"", "\"kind\":\"Deploymint\"", 400, "Deploymint" },
        { "a media type that is not read", "text/plain", "\"replicas\":0", "\"replicas\":0", 415, "UnsupportedMediaType" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task BadBody_IsRefusedWithAStatusAndChangesNothing(string name, string mediaType, string find, string replace, int code, string mentions)
    {
        string before = await DeploymentsNowAsync();
        string path = $"{Deployments}?fieldValidation=Strict";

        Answer answer = await shared.Api.SendAsync(HttpMethod.Post, path, Good.Replace(find, replace, StringComparison.Ordinal), mediaType);

        AssertStatus(name, answer, code, mentions);
        Assert.Equal(before, await DeploymentsNowAsync());
    }

    [Fact]
    public async Task ChangedSelector_IsRefused()
    {
        Assert.Equal(201, (await shared.Api.SendAsync(HttpMethod.Post, Deployments, Good)).Code);
        string before = await DeploymentsNowAsync();

        Answer answer = await shared.Api.SendAsync(
            HttpMethod.Patch,
            $"{Deployments}/good",
            """{"spec":{"selector":{"matchLabels":{"app":"other"}},"template":{"metadata":{"labels":{"app":"other"}}}}}""",
            "application/merge-patch+json");

        AssertStatus("a changed selector", answer, 422, "spec.selector");
        Assert.Equal(before, await DeploymentsNowAsync());
        Assert.Equal(200, (await shared.Api.SendAsync(HttpMethod.Delete, $"{Deployments}/good")).Code);
    }

    [Fact]
    public async Task BodyOverTheLimit_IsRefused()
    {
        string before = await DeploymentsNowAsync();

        Answer answer = await shared.Api.SendAsync(
            HttpMethod.Post, Deployments, Good.Replace("\"name\":\"good\"", $"\"name\":\"good\",\"annotations\":{{\"a\":\"{new string('a', 4 << 20)}\"}}", StringComparison.Ordinal));

        AssertStatus("a body of 4 MiB", answer, 413, "RequestEntityTooLarge");
        Assert.Equal(before, await DeploymentsNowAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task MissingOrWrongToken_IsUnauthorizedEverywhereButForHealth(string token)
    {
        using ApiClient stranger = new(shared.Product, token);

        foreach (string path in new[] { Deployments, "/api", "/apis", "/openapi/v2", "/api/v1/nodes", "/agent/v1/nodes/node-1/desired" })
        {
            AssertStatus(path, await stranger.SendAsync(HttpMethod.Get, path), 401, "Unauthorized");
        }

        AssertStatus("a write", await stranger.SendAsync(HttpMethod.Post, Deployments, Good), 401, "Unauthorized");
        Assert.Equal(200, (await stranger.SendAsync(HttpMethod.Get, "/healthz")).Code);
        Assert.Equal(200, (await stranger.SendAsync(HttpMethod.Get, "/swagger/index.html")).Code);
    }

    [Theory]
    [InlineData("/apis/apps/v1/namespaces/default/daemonsets")]
    [InlineData("/apis/batch/v1/jobs")]
    [InlineData("/apis/apps/v1/namespaces/default/deployments/nobody")]
    public async Task WhatIsNotThere_IsNotFound(string path) =>
        AssertStatus(path, await shared.Api.SendAsync(HttpMethod.Get, path), 404, "NotFound");

    private static void AssertStatus(string name, Answer answer, int code, string mentions)
    {
        Assert.True(answer.Code == code, $"{name}: expected {code}, got {answer.Code} {answer.Text}");
        Assert.Equal("Status", answer.Json["kind"]?.GetValue<string>());
        Assert.Equal("Failure", answer.Json["status"]?.GetValue<string>());
        Assert.Equal(code, (int)answer.Json["code"].Number());
        Assert.NotEmpty(answer.Json["message"]!.GetValue<string>());
        Assert.Contains(mentions, answer.Text, StringComparison.Ordinal);
    }

    private async Task<string> DeploymentsNowAsync() => string.Join(
        '\n', (await shared.Api.ListAsync(Deployments)).Select(one => $"{one.Name()} {one["metadata"]!["generation"]} {one["spec"]!.ToJsonString()}"));
}
