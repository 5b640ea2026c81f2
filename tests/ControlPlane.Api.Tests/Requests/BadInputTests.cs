using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>Whatever is wrong with a request is a <c>Status</c> that says what to mend, and nothing is stored.</summary>
[Collection(ApiCollection.Name)]
public sealed class BadInputTests(ApiServer api)
{
    public static TheoryData<string, string, string, int, string> Bodies => new()
    {
        { "broken JSON", "application/json", """{"metadata":""", 400, "json" },
        { "broken YAML", "application/yaml", "metadata: {name: web", 400, "yaml" },
        { "a wrong type", "application/json", Deployment("\"replicas\":\"three\""), 400, "replicas" },
        { "an unknown field", "application/json", Deployment("\"replica\":3"), 400, "unknown field \"spec.replica\"" },
        { "negative replicas", "application/json", Deployment("\"replicas\":-1"), 422, "spec.replicas" },
        { "a selector that does not match", "application/json", Samples.Deployment("web").Replace("\"matchLabels\":{\"app\":\"web\"}", "\"matchLabels\":{\"app\":\"other\"}", StringComparison.Ordinal), 422, "spec.template.metadata.labels" },
        { "a bad image name", "application/json", Samples.Deployment("web").Replace("hello:1", "HELLO::1", StringComparison.Ordinal), 422, "spec.template.spec.containers[0].image" },
        { "a field that is not honoured", "application/json", Samples.Deployment("web").Replace("\"image\"", "\"securityContext\":{\"procMount\":\"Unmasked\"},\"image\"", StringComparison.Ordinal), 422, "spec.template.spec.containers[0].securityContext.procMount" },
        { "a bad name", "application/json", Samples.Deployment("Web_1"), 422, "metadata.name" },
        { "a text that the database cannot keep", "application/json", Samples.Deployment("web").Replace("\"image\"", "\"args\":[\"\\u0000\"],\"image\"", StringComparison.Ordinal), 400, "spec.template.spec.containers[0].args[0]: text must not contain the character U+0000" },
        { "half a character", "application/json", Samples.Deployment("web").Replace("\"image\"", "\"args\":[\"\\ud800\"],\"image\"", StringComparison.Ordinal), 400, "spec.template.spec.containers[0].args[0]" },
        { "another kind", "application/json", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}""", 400, "apps/v1" },
        { "a format that is not read", "text/plain", "hello", 415, "application/json" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Create_FromABadBody_SaysWhatToMendAndStoresNothing(string what, string type, string body, int code, string says)
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        JsonObject status = await api.SendAsync(HttpMethod.Post, $"{home}?fieldValidation=Strict", body, (HttpStatusCode)code, type);
        Assert.Equal("Failure", (string)status["status"]!);
        Assert.Equal(code, (int)status["code"]!);
        Assert.True(((string)status["message"]!).Contains(says, StringComparison.OrdinalIgnoreCase), $"{what}: {status["message"]}");
        Assert.Empty((await api.GetAsync(home)).NamesOf());
    }

    [Fact]
    public async Task Replace_WithAChangedSelector_NamesTheImmutableField()
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        JsonObject stored = await api.PostAsync(home, Samples.Deployment("web"));
        JsonNode changed = JsonNode.Parse(stored.ToJsonString().Replace("\"app\":\"web\"", "\"app\":\"other\"", StringComparison.Ordinal))!;
        JsonObject status = await api.PutAsync($"{home}/web", changed, HttpStatusCode.UnprocessableEntity);
        Assert.Contains("spec.selector", status["details"]!["causes"]!.AsArray().Select(cause => (string)cause!["field"]!));
        Assert.Equal(stored.ToJsonString(), (await api.GetAsync($"{home}/web")).ToJsonString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/scale")]
    public async Task Replace_WithoutAName_IsRefusedAndChangesNothing(string subresource)
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        JsonObject stored = await api.PostAsync(home, Samples.Deployment("web", replicas: 3));
        JsonObject status = await api.PutAsync($"{home}/web{subresource}", new JsonObject(), HttpStatusCode.BadRequest);
        Assert.Contains("name must be provided", (string)status["message"]!, StringComparison.Ordinal);
        Assert.Equal(stored.ToJsonString(), (await api.GetAsync($"{home}/web")).ToJsonString());
    }

    [Theory]
    [InlineData("creationTimestamp")]
    [InlineData("deletionTimestamp")]
    public async Task Patch_OfATimeThatTheServerSets_NamesTheImmutableField(string field)
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        JsonObject stored = await api.PostAsync(home, Samples.Deployment("web"));
        string patch = $$$"""{"metadata":{"{{{field}}}":"2001-01-01T00:00:00Z"}}""";
        JsonObject status = await api.PatchAsync($"{home}/web", "application/merge-patch+json", patch, HttpStatusCode.UnprocessableEntity);
        Assert.Equal($"metadata.{field}", (string)status["details"]!["causes"]![0]!["field"]!);
        await api.PatchAsync($"{home}/web", "application/merge-patch+json", $$$"""{"metadata":{"{{{field}}}":null}}""");
        Assert.Equal(stored.ToJsonString(), (await api.GetAsync($"{home}/web")).ToJsonString());
    }

    [Theory]
    [InlineData("deployments", "replicas", "-1", "must be greater than or equal to 0")]
    [InlineData("deployments", "availableReplicas", "2", "cannot be greater than status.replicas")]
    [InlineData("replicasets", "readyReplicas", "-1", "must be greater than or equal to 0")]
    [InlineData("replicasets", "readyReplicas", "2", "cannot be greater than status.replicas")]
    public async Task Status_WithCountsThatCannotBe_NamesTheField(string plural, string field, string value, string says)
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/{plural}";
        string body = Samples.Deployment("web");
        JsonObject stored = await api.PostAsync(home, plural == "deployments" ? body : body.Replace("\"Deployment\"", "\"ReplicaSet\"", StringComparison.Ordinal));
        string patch = $$$"""{"status":{"{{{field}}}":{{{value}}}}}""";
        JsonNode put = JsonNode.Parse(stored.ToJsonString())!;
        put["status"] = JsonNode.Parse(patch)!["status"]!.DeepClone();

        JsonObject[] answers =
        [
            await api.PatchAsync($"{home}/web/status", "application/merge-patch+json", patch, HttpStatusCode.UnprocessableEntity),
            await api.PutAsync($"{home}/web/status", put, HttpStatusCode.UnprocessableEntity),
        ];

        Assert.All(answers, answer =>
        {
            JsonNode cause = answer["details"]!["causes"]![0]!;
            Assert.Equal(($"status.{field}", $"Invalid value: {value}: {says}"), ((string)cause["field"]!, (string)cause["message"]!));
        });
        Assert.Equal(stored.ToJsonString(), (await api.GetAsync($"{home}/web")).ToJsonString());
    }

    /// <summary>Clients that ask before they send, as curl does, those that do not, and those that do not know beforehand how much it will be.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Body_OverTheLimit_IsTooLarge(bool asksBefore, bool isChunked)
    {
        string body = $$$"""{"metadata":{"name":"s"},"stringData":{"k":"{{{new string('x', 4 * 1024 * 1024)}}}"} }""";
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/namespaces/default/secrets") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.ExpectContinue = asksBefore;
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage response = await api.Admin.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("RequestEntityTooLarge", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>A client that reads nothing before all is sent, whatever the answer.</summary>
    [Theory]
    [InlineData(true, "413 ")]
    [InlineData(false, "401 ")]
    public async Task Answer_ToABodyOverTheLimit_ReachesAClientThatSendsAllOfItFirst(bool hasToken, string code)
    {
        const int Bytes = 4 * 1024 * 1024;
        string authorization = hasToken ? $"Authorization: {api.Admin.DefaultRequestHeaders.Authorization}\r\n" : "";
        using TcpClient client = new();
        await client.ConnectAsync(api.Admin.BaseAddress!.Host, api.Admin.BaseAddress.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/namespaces/default/secrets HTTP/1.1\r\nHost: api\r\n{authorization}Content-Type: application/json\r\nContent-Length: {Bytes}\r\n\r\n"));
        await stream.WriteAsync(new byte[Bytes]);

        byte[] answer = new byte[64];
        await stream.ReadExactlyAsync(answer);

        Assert.StartsWith($"HTTP/1.1 {code}", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/default/gadgets")]
    [InlineData("/apis/apps/v2/namespaces/default/deployments")]
    [InlineData("/nowhere")]
    public async Task UnknownKindOrPath_CannotBeFound(string path)
    {
        JsonObject status = await api.GetAsync(path, HttpStatusCode.NotFound);
        Assert.Equal("the server could not find the requested resource", (string)status["message"]!);
    }

    [Fact]
    public async Task Method_ThatIsNotServed_IsNotAllowed() =>
        await api.PutAsync("/api/v1/namespaces/default/secrets", new JsonObject(), HttpStatusCode.MethodNotAllowed);

    [Fact]
    public async Task Patch_OfAnUnknownType_SaysWhichPatchesThereAre()
    {
        JsonObject status = await api.PatchAsync(
            "/api/v1/namespaces/default/secrets/s", "application/json", "{}", HttpStatusCode.UnsupportedMediaType);
        Assert.Contains("application/strategic-merge-patch+json, application/apply-patch+yaml", (string)status["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownField_UnderWarn_IsDroppedAndNamedInAWarning()
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        using StringContent content = new(Deployment("\"replica\":3"), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await api.Admin.PostAsync($"{home}?fieldValidation=Warn", content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Contains("299 - \"unknown field \\\"spec.replica\\\"\"", response.Headers.GetValues("Warning"));
    }

    [Theory]
    [InlineData("gr\u00f6\u00dfe", "unknown field \\\"spec.gr\\\\u00f6\\\\u00dfe\\\"")]
    [InlineData("\\u0000", "unknown field \\\"spec.\\\\u0000\\\"")]
    public async Task UnknownField_ThatNoHeaderCanHold_IsNamedByNumbers(string field, string says)
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        using StringContent content = new(Deployment($"\"{field}\":3"), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await api.Admin.PostAsync($"{home}?fieldValidation=Warn", content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Contains($"299 - \"{says}\"", response.Headers.GetValues("Warning"));
    }

    private static string Deployment(string field) => Samples.Deployment("web").Replace("\"replicas\":1", field, StringComparison.Ordinal);
}
