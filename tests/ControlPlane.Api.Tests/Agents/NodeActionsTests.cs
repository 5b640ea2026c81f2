using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>What a person confirms of a node, by an action or by its annotation.</summary>
[Collection(ApiCollection.Name)]
public sealed class NodeActionsTests(ApiServer api)
{
    private const string ConfirmedStore = "controlplane.dev/confirmed-store";
    private const string ConfirmedLost = "controlplane.dev/confirmed-lost";
    private const string Lost = """{"status":{"conditions":[{"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown","lastTransitionTime":"2026-01-31T12:00:00Z"}]}}""";

    private readonly string node = $"node-{Guid.NewGuid():N}";

    private string Path => $"/api/v1/nodes/{node}";

    [Fact]
    public async Task ConfirmStore_ReachesTheAgentForTheStoreInUse()
    {
        DesiredState before = await RegisterAsync();
        Assert.Empty(before.ReplacedStores);
        Task<DesiredState> next = DesiredAsync(before.Revision);

        JsonObject confirmed = await api.PostAsync($"{Path}/confirm-store", """{"stores":["old-1"]}""");

        Assert.Equal("Node", (string)confirmed["kind"]!);
        Assert.Equal($"{before.StoreIdentity}:old-1", AnnotationOf(confirmed, ConfirmedStore));
        Assert.Equal(["old-1"], (await next.WaitAsync(TimeSpan.FromSeconds(25))).ReplacedStores);
    }

    [Fact]
    public async Task ConfirmStore_Repeated_ChangesNothing_AndAnotherStoreIsAdded()
    {
        await RegisterAsync();
        JsonObject first = await api.PostAsync($"{Path}/confirm-store", """{"stores":["old-2"]}""");
        JsonObject again = await api.PostAsync($"{Path}/confirm-store", """{"stores":["old-2"]}""");
        Assert.Equal(first.VersionOf(), again.VersionOf());

        JsonObject more = await api.PostAsync($"{Path}/confirm-store", """{"stores":["old-1"]}""");
        Assert.EndsWith(":old-1,old-2", AnnotationOf(more, ConfirmedStore), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfirmStore_DropsWhatWasConfirmedForAnotherStore()
    {
        DesiredState state = await RegisterAsync();
        await AnnotateAsync(ConfirmedStore, "an-earlier-store:older");
        Assert.Empty((await DesiredAsync(0)).ReplacedStores);

        JsonObject confirmed = await api.PostAsync($"{Path}/confirm-store", """{"stores":["an-earlier-store"]}""");

        Assert.Equal($"{state.StoreIdentity}:an-earlier-store", AnnotationOf(confirmed, ConfirmedStore));
    }

    [Theory]
    [InlineData("""{}""", "stores")]
    [InlineData("""{"stores":["right","not an identity"]}""", "stores[1]")]
    [InlineData("""{"stores":["IDENTITY"]}""", "stores[0]")]
    public async Task ConfirmStore_ThatNamesNoOtherStore_IsInvalid(string body, string field)
    {
        DesiredState state = await RegisterAsync();

        JsonObject status = await api.PostAsync(
            $"{Path}/confirm-store", body.Replace("IDENTITY", state.StoreIdentity, StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity);

        Assert.Equal(field, (string)status["details"]!["causes"]![0]!["field"]!);
    }

    [Fact]
    public async Task ConfirmStore_OfADryRun_StoresNothing()
    {
        await RegisterAsync();
        JsonObject dry = await api.PostAsync($"{Path}/confirm-store?dryRun=All", """{"stores":["old"]}""");
        Assert.NotNull(AnnotationOf(dry, ConfirmedStore));
        Assert.Null(AnnotationOf(await api.GetAsync(Path), ConfirmedStore));
    }

    [Fact]
    public async Task ConfirmStore_FromAnOlderStateOfTheNode_IsAConflict()
    {
        await RegisterAsync();
        await api.PostAsync($"{Path}/confirm-store", """{"metadata":{"resourceVersion":"1"},"stores":["old"]}""", HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("confirm-store", """{"stores":["old"]}""")]
    [InlineData("confirm-lost", null)]
    public async Task Action_OnANodeThatIsNotThere_IsNotFound(string action, string? body) =>
        await api.SendAsync(HttpMethod.Post, $"/api/v1/nodes/nowhere/{action}", body, HttpStatusCode.NotFound);

    [Fact]
    public async Task Action_WithAnAgentsToken_IsForbidden()
    {
        await RegisterAsync();
        using HttpResponseMessage response = await api.Agent.PostAsync($"{Path}/confirm-lost", content: null);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task ConfirmLost_OfANodeThatReports_IsAConflict()
    {
        await RegisterAsync();
        JsonObject status = await api.SendAsync(HttpMethod.Post, $"{Path}/confirm-lost", null, HttpStatusCode.Conflict);
        Assert.Contains("is not lost", (string)status["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfirmLost_OfASilentNode_IsAboutThisLoss()
    {
        await api.PostAsync("/api/v1/nodes", $$$"""{"metadata":{"name":"{{{node}}}"}}""");
        await api.PatchAsync($"{Path}/status", "application/merge-patch+json", Lost);

        JsonObject confirmed = await api.SendAsync(HttpMethod.Post, $"{Path}/confirm-lost", null, HttpStatusCode.Created);
        JsonObject again = await api.SendAsync(HttpMethod.Post, $"{Path}/confirm-lost", null, HttpStatusCode.Created);

        Assert.Equal("2026-01-31T12:00:00Z", AnnotationOf(confirmed, ConfirmedLost));
        Assert.Equal(confirmed.VersionOf(), again.VersionOf());
    }

    [Fact]
    public async Task Report_LeavesTheConditionsThatOthersSet_AndTakesItsOwnAway()
    {
        await ReportAsync(Full("s1", new Condition { Type = StoreConfirmation.Condition, Status = "True", Reason = "NotConfirmed" }));
        await api.PatchAsync($"{Path}/status", "application/strategic-merge-patch+json", """{"status":{"conditions":[{"type":"EvictionsStopped","status":"True"}]}}""");
        await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 2 });
        Assert.Superset(new HashSet<string> { "EvictionsStopped", StoreConfirmation.Condition }, await ConditionsAsync());

        await ReportAsync(Full("s2"));
        HashSet<string> left = await ConditionsAsync();
        Assert.Contains("EvictionsStopped", left);
        Assert.DoesNotContain(StoreConfirmation.Condition, left);
    }

    [Fact]
    public async Task Report_OfASignOfLifeOnly_LeavesANodeThatSaidItIsNotReadyNotReady()
    {
        await ReportAsync(Full("s1", new Condition { Type = "Ready", Status = "False", Reason = "ContainerRuntimeIsDown" }));
        await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 2 });

        JsonNode ready = (await api.GetAsync(Path))["status"]!["conditions"]!.AsArray().Single(item => (string)item!["type"]! == "Ready")!;
        Assert.Equal(("False", "ContainerRuntimeIsDown"), ((string)ready["status"]!, (string)ready["reason"]!));
    }

    private static string? AnnotationOf(JsonObject item, string name) => (string?)item["metadata"]!["annotations"]?[name];

    private static NodeReport Full(string session, params Condition[] conditions) =>
        new() { SessionId = session, Sequence = 1, IsFull = true, Node = new NodeStatus { Conditions = [.. conditions] } };

    private async Task<HashSet<string>> ConditionsAsync() =>
        [.. (await api.GetAsync(Path))["status"]!["conditions"]!.AsArray().Select(item => (string)item!["type"]!)];

    private Task<JsonObject> AnnotateAsync(string name, string value) =>
        api.PatchAsync(Path, "application/merge-patch+json", $"{{\"metadata\":{{\"annotations\":{{\"{name}\":\"{value}\"}}}}}}");

    /// <summary>Makes the node's record; returns the desired state once it is as new.</summary>
    private async Task<DesiredState> RegisterAsync()
    {
        await ReportAsync(Full("s1"));
        return await DesiredAsync(0);
    }

    private async Task ReportAsync(NodeReport report)
    {
        using HttpResponseMessage response = await api.Agent.PostAsJsonAsync($"/agent/v1/nodes/{node}/report", report, ResourceJson.Options);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<DesiredState> DesiredAsync(long after)
    {
        using HttpResponseMessage response = await api.Agent.GetAsync($"/agent/v1/nodes/{node}/desired?after={after}");
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<DesiredState>(ResourceJson.Options))!;
    }
}
