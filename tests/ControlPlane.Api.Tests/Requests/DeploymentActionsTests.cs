using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class DeploymentActionsTests(ApiServer api)
{
    public static TheoryData<string, string, string> BadOptions => new()
    {
        { "restart", """{"toRevision":1}""", "toRevision: Forbidden: restart has no such option" },
        { "rollback", """{"full":true}""", "full: Forbidden: rollback has no such option" },
        { "rollback", """{"toRevision":-1}""", "toRevision: Invalid value: -1: must be greater than or equal to 0" },
        { "rollback", """{"toRevision":9}""", "toRevision: Invalid value: 9: there is no such revision; there are 1, 2" },
    };

    [Fact]
    public async Task Restart_ChangesTheTemplate_AndIsAttributedToTheToken()
    {
        string path = await NewAsync();

        JsonObject result = await ActAsync(path, "restart");

        Assert.Equal(("RolloutActionResult", "restart", true), ((string)result["kind"]!, (string)result["action"]!, (bool)result["changed"]!));
        JsonObject stored = await api.GetAsync(path);
        Assert.NotNull(stored["spec"]!["template"]!["metadata"]!["annotations"]!["kubectl.kubernetes.io/restartedAt"]);
        Assert.Equal(stored.VersionOf(), result.VersionOf());
        JsonNode latest = (await api.GetAsync($"{path}/history"))["items"]![0]!;
        Assert.Equal(("admin", "restart"), ((string)latest["startedBy"]!, (string)latest["change"]!));
    }

    [Fact]
    public async Task PauseResumeAndPromote_SetWhatIsDeclared_AndSayWhenThereIsNothingToDo()
    {
        string path = await NewAsync();

        Assert.Equal("paused", (string)(await ActAsync(path, "pause"))["message"]!);
        JsonObject again = await ActAsync(path, "pause");
        Assert.Equal((false, "it is paused already"), ((bool)again["changed"]!, (string)again["message"]!));
        Assert.True((bool)(await api.GetAsync(path))["spec"]!["paused"]!);
        Assert.Equal("resumed", (string)(await ActAsync(path, "promote", """{"full":true}"""))["message"]!);
        Assert.Null((await api.GetAsync(path))["spec"]!["paused"]);
        Assert.Equal("it is not paused", (string)(await ActAsync(path, "resume"))["message"]!);
        JsonObject refused = await ActAsync(path, "promote", expected: HttpStatusCode.Conflict);
        Assert.Contains("nothing waits for a promotion", (string)refused["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollback_GoesBackToAnOlderRevision()
    {
        string path = await NewWithHistoryAsync();

        JsonObject result = await ActAsync(path, "rollback", """{"toRevision":1}""");

        Assert.Equal((true, 1, "rolled back to revision 1"), ((bool)result["changed"]!, (int)result["revision"]!, (string)result["message"]!));
        Assert.Equal("hello:0", (string)(await api.GetAsync(path))["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!);
    }

    [Fact]
    public async Task Abort_RecordsTheRevisionThatItIsAbout()
    {
        string path = await NewWithHistoryAsync();

        JsonObject result = await ActAsync(path, "abort");

        Assert.Equal(2, (int)result["revision"]!);
        Assert.StartsWith("2@", (string)(await api.GetAsync(path))["metadata"]!["annotations"]!["controlplane.dev/abort"]!, StringComparison.Ordinal);
        JsonObject refused = await ActAsync(path, "retry", expected: HttpStatusCode.Conflict);
        Assert.Contains("revision 2 has not failed", (string)refused["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadOptions))]
    public async Task BadOption_IsA422ThatNamesIt(string action, string body, string cause)
    {
        JsonObject refused = await ActAsync(await NewWithHistoryAsync(), action, body, HttpStatusCode.UnprocessableEntity);

        Assert.Contains(cause, (string)refused["message"]!, StringComparison.Ordinal);
        Assert.Equal(cause.Split(':')[0], (string)refused["details"]!["causes"]![0]!["field"]!);
    }

    [Theory]
    [InlineData("""{"toRevison":1}""", "unknown field \"toRevison\"")]
    [InlineData("""{"toRevision":"x"}""", "toRevision")]
    [InlineData("""[]""", "expected an object")]
    public async Task BodyThatIsNone_IsA400(string body, string because)
    {
        JsonObject refused = await ActAsync(await NewAsync(), "rollback", body, HttpStatusCode.BadRequest);

        Assert.Contains(because, (string)refused["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownDeployment_IsA404()
    {
        string path = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments/none";

        await ActAsync(path, "restart", expected: HttpStatusCode.NotFound);
        await api.GetAsync(path + "/rollout", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task StaleResourceVersion_IsA409_AndThePresentOneIsDone()
    {
        string path = await NewAsync();
        string stale = (await api.GetAsync(path)).VersionOf();
        await ActAsync(path, "pause");
        string present = (await api.GetAsync(path)).VersionOf();

        await ActAsync(path, "resume", Precondition(stale), HttpStatusCode.Conflict);
        Assert.True((bool)(await ActAsync(path, "resume", Precondition(present)))["changed"]!);
    }

    [Fact]
    public async Task DryRun_SaysWhatWouldBe_AndStoresNothing()
    {
        string path = await NewAsync();

        Assert.True((bool)(await api.PostAsync(path + "/pause?dryRun=All", ""))["changed"]!);
        Assert.Null((await api.GetAsync(path))["spec"]!["paused"]);
    }

    [Fact]
    public async Task SameIdempotencyKey_IsAnsweredWithTheFirstResult_AndDoneOnce()
    {
        string path = await NewAsync();
        string key = Guid.NewGuid().ToString();
        (HttpStatusCode code, string first) = await SendAsync(path + "/pause", key);
        Assert.Equal(HttpStatusCode.Created, code);
        await ActAsync(path, "resume");

        Assert.Equal((HttpStatusCode.Created, first), await SendAsync(path + "/pause", key));
        Assert.Null((await api.GetAsync(path))["spec"]!["paused"]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync(path + "/restart", key)).Code);
    }

    /// <summary>The replica died between the commit and the keeping of the result: a second rollback would go forward again to the revision that was left.</summary>
    [Fact]
    public async Task Rollback_WhoseResultWasLost_IsDoneOnceAllTheSame()
    {
        string path = await NewWithHistoryAsync();
        string key = Guid.NewGuid().ToString();
        (HttpStatusCode code, string first) = await SendAsync(path + "/rollback", key);
        Assert.Equal(HttpStatusCode.Created, code);
        await api.LoseResultAsync(key);

        Assert.Equal((HttpStatusCode.Created, first), await SendAsync(path + "/rollback", key));
        Assert.Equal("hello:0", (string)(await api.GetAsync(path))["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!);
    }

    [Fact]
    public async Task RefusedRequest_MayBeSentAgainWithItsKey()
    {
        string path = await NewAsync();
        string key = Guid.NewGuid().ToString();
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(path + "/promote", key)).Code);
        await ActAsync(path, "pause");

        Assert.Equal(HttpStatusCode.Created, (await SendAsync(path + "/promote", key)).Code);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(0)]
    public async Task KeyOfNoAllowedLength_IsA400(int length) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(await NewAsync() + "/pause", new string('k', length))).Code);

    private static string Precondition(string version) => $$$"""{"metadata":{"resourceVersion":"{{{version}}}"}}""";

    private Task<JsonObject> ActAsync(string path, string action, string body = "", HttpStatusCode expected = HttpStatusCode.Created) =>
        api.PostAsync($"{path}/{action}", body, expected);

    private async Task<(HttpStatusCode Code, string Body)> SendAsync(string path, string key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent("", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using HttpResponseMessage response = await api.Admin.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<string> NewAsync()
    {
        string collection = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync(collection, Samples.Deployment("web"));
        return collection + "/web";
    }

    /// <summary>A Deployment with the present revision 2, and 1, which has been complete.</summary>
    private async Task<string> NewWithHistoryAsync()
    {
        string path = await NewAsync();
        await Revisions.AddAsync(api, path, 1, "hello:0", isComplete: true);
        await Revisions.AddAsync(api, path, 2, "hello:1", isComplete: false);
        return path;
    }
}
