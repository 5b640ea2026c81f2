using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>Server-side apply as clients see it.</summary>
[Collection(ApiCollection.Name)]
public sealed class ApplyTests(ApiServer api)
{
    private const string ApplyPatch = "application/apply-patch+yaml";

    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          labels: {app: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: c
                image: hello:1
        """;

    [Fact]
    public async Task Apply_OfAnAbsentObject_CreatesIt_AndAgainChangesNothing()
    {
        string path = await NewPathAsync();
        JsonObject created = await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);
        Assert.Equal("RollingUpdate", (string)created["spec"]!["strategy"]!["type"]!);
        JsonObject entry = Assert.Single(created["metadata"]!["managedFields"]!.AsArray())!.AsObject();
        Assert.Equal("ci Apply apps/v1 FieldsV1", $"{entry["manager"]} {entry["operation"]} {entry["apiVersion"]} {entry["fieldsType"]}");
        Assert.NotNull(entry["time"]);
        Assert.NotNull(entry["fieldsV1"]!["f:spec"]!["f:replicas"]);
        Assert.Null(entry["fieldsV1"]!["f:spec"]!["f:strategy"]);

        JsonObject again = await ApplyAsync(path, "ci", Web);
        Assert.Equal(created["metadata"]!.ToJsonString(), again["metadata"]!.ToJsonString());
    }

    [Fact]
    public async Task Apply_OfAnAbsentObject_WithAUid_IsAConflict_AndWithARevisionCreatesIt()
    {
        string path = await NewPathAsync();

        JsonObject status = await ApplyAsync(path, "ci", Web.Replace("name: web\n", "name: web\n  uid: u-1\n", StringComparison.Ordinal), HttpStatusCode.Conflict);
        Assert.EndsWith("uid mismatch: the provided object specified uid u-1, and no existing object was found", (string)status["message"]!, StringComparison.Ordinal);

        await ApplyAsync(path, "ci", Web.Replace("name: web\n", "name: web\n  resourceVersion: \"7\"\n", StringComparison.Ordinal), HttpStatusCode.Created);
    }

    [Fact]
    public async Task Apply_OfWhatAnotherSet_IsAConflictUntilForced()
    {
        string path = await NewPathAsync();
        await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);
        await api.PatchAsync($"{path}?fieldManager=hand", "application/merge-patch+json", """{"spec":{"replicas":5}}""");

        JsonObject status = await ApplyAsync(path, "ci", Web, HttpStatusCode.Conflict);
        Assert.Equal("Conflict", (string)status["reason"]!);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"hand\" using apps/v1: .spec.replicas", (string)status["message"]!);
        Assert.Equal(".spec.replicas", (string)status["details"]!["causes"]![0]!["field"]!);
        Assert.Equal(5, (int)(await api.GetAsync(path))["spec"]!["replicas"]!);

        JsonObject forced = await ApplyAsync($"{path}?force=true", "ci", Web);
        Assert.Equal(2, (int)forced["spec"]!["replicas"]!);
        Assert.Equal(["ci"], Managers(forced));
    }

    [Fact]
    public async Task Apply_WithoutAFieldThatItDeclared_LetsItGoToItsDefault()
    {
        string path = await NewPathAsync();
        await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);
        JsonObject without = await ApplyAsync(path, "ci", Web.Replace("  replicas: 2\n", "", StringComparison.Ordinal).Replace("labels: {app: web}\nspec", "labels: {team: a}\nspec", StringComparison.Ordinal));
        Assert.Equal(1, (int)without["spec"]!["replicas"]!);
        Assert.Equal("""{"team":"a"}""", without["metadata"]!["labels"]!.ToJsonString());
    }

    [Fact]
    public async Task ScaledByAnother_TheFieldIsItsOwn()
    {
        string path = await NewPathAsync();
        await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);
        await api.PatchAsync($"{path}/scale?fieldManager=scaler", "application/merge-patch+json", """{"spec":{"replicas":4}}""");
        JsonObject scaled = await api.GetAsync(path);
        JsonNode entry = scaled["metadata"]!["managedFields"]!.AsArray().Single(entry => (string?)entry!["manager"] == "scaler")!;
        Assert.Equal("scale", (string)entry["subresource"]!);
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", entry["fieldsV1"]!.ToJsonString());

        JsonObject applied = await ApplyAsync(path, "ci", Web.Replace("  replicas: 2\n", "", StringComparison.Ordinal));
        Assert.Equal(4, (int)applied["spec"]!["replicas"]!);
    }

    [Fact]
    public async Task Apply_ToScale_OwnsTheReplicasThroughIt_AndMakesNothing()
    {
        string path = await NewPathAsync();
        const string scale = """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},"spec":{"replicas":4}}""";
        await ApplyAsync($"{path}/scale", "scaler", scale, HttpStatusCode.NotFound);
        await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);

        JsonObject conflict = await ApplyAsync($"{path}/scale", "scaler", scale, HttpStatusCode.Conflict);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"ci\" using apps/v1: .spec.replicas", (string)conflict["message"]!);
        JsonObject scaled = await ApplyAsync($"{path}/scale?force=true", "scaler", scale);
        Assert.Equal(("Scale", 4), ((string)scaled["kind"]!, (int)scaled["spec"]!["replicas"]!));

        JsonObject read = await api.GetAsync(path);
        JsonNode entry = read["metadata"]!["managedFields"]!.AsArray().Single(entry => (string?)entry!["manager"] == "scaler")!;
        Assert.Equal("Apply scale {\"f:spec\":{\"f:replicas\":{}}}", $"{entry["operation"]} {entry["subresource"]} {entry["fieldsV1"]!.ToJsonString()}");
        Assert.Equal(("web", 4), ((string)read["metadata"]!["labels"]!["app"]!, (int)read["spec"]!["replicas"]!));
    }

    /// <summary>A Scale without replicas is one of none, whatever the object's own default is; of another's replicas it says nothing.</summary>
    [Fact]
    public async Task Apply_ToScale_WithoutTheReplicasThatItDeclared_ScalesToNone()
    {
        string path = await NewPathAsync();
        const string scale = """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},"spec":{"replicas":4}}""";
        const string nothing = """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},"spec":{}}""";
        await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);
        JsonObject ofAnother = await ApplyAsync($"{path}/scale", "scaler", nothing);
        Assert.Equal(2, (int)ofAnother["spec"]!["replicas"]!);
        await ApplyAsync($"{path}/scale?force=true", "scaler", scale);

        await ApplyAsync($"{path}/scale", "scaler", nothing);

        JsonObject read = await api.GetAsync(path);
        Assert.Equal((0, "web"), ((int)read["spec"]!["replicas"]!, (string)read["metadata"]!["labels"]!["app"]!));
        Assert.DoesNotContain("f:replicas", read["metadata"]!["managedFields"]!.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>A field reference is owned as a whole, and the server fills in its <c>apiVersion</c>.</summary>
    [Fact]
    public async Task Apply_OfWhatOnlyADefaultMakesDifferent_IsNoConflict()
    {
        string path = await NewPathAsync();
        string web = Web + "\n        env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]";
        await ApplyAsync(path, "ci", web, HttpStatusCode.Created);
        JsonObject shared = await ApplyAsync(path, "ops", web);
        Assert.Equal(["ci", "ops"], Managers(shared).Order());
    }

    [Fact]
    public async Task Create_RecordsTheProgramAsManager_OfDefaultsToo()
    {
        string @namespace = await api.NewNamespaceAsync();
        JsonObject created = await api.PostAsync($"/apis/apps/v1/namespaces/{@namespace}/deployments?fieldManager=kubectl-create", Samples.Deployment("web"));
        JsonNode entry = Assert.Single(created["metadata"]!["managedFields"]!.AsArray())!;
        Assert.Equal("kubectl-create Update", $"{entry["manager"]} {entry["operation"]}");
        Assert.NotNull(entry["fieldsV1"]!["f:spec"]!["f:strategy"]);
        Assert.Null(entry["fieldsV1"]!["f:status"]);
        Assert.Null(entry["fieldsV1"]!["f:metadata"]!["f:name"]);
    }

    [Fact]
    public async Task ManagedFields_ThatAClientCorrects_AreTaken()
    {
        string path = await NewPathAsync();
        await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);
        JsonObject cleared = await api.PatchAsync(path, "application/json-patch+json", """[{"op":"replace","path":"/metadata/managedFields","value":[{}]}]""");
        Assert.Null(cleared["metadata"]!["managedFields"]);

        await api.PatchAsync(path, "application/merge-patch+json", """
            {"metadata":{"managedFields":[{"manager":"new","operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:replicas":{}}}}]}}
            """);
        JsonObject status = await ApplyAsync(path, "ci", Web.Replace("replicas: 2", "replicas: 3", StringComparison.Ordinal), HttpStatusCode.Conflict);
        Assert.Contains("conflict with \"new\"", (string)status["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 422, "fieldManager: Required value: is required for apply patch")]
    [InlineData("?fieldManager=ci&fieldValidation=Strict", 400, "unknown field \"spec.replcias\"")]
    public async Task Apply_ThatSaysTooLittleOrTooMuch_IsRefused(string query, int code, string mentions)
    {
        string path = await NewPathAsync();
        JsonObject status = await api.PatchAsync(path + query, ApplyPatch, Web.Replace("replicas: 2", "replcias: 2", StringComparison.Ordinal), (HttpStatusCode)code);
        Assert.Contains(mentions, (string)status["message"]!, StringComparison.Ordinal);
        await api.GetAsync(path, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Apply_UnderAnotherName_IsRefused()
    {
        string path = await NewPathAsync();
        JsonObject status = await ApplyAsync(path, "ci", Web.Replace("name: web", "name: other", StringComparison.Ordinal), HttpStatusCode.BadRequest);
        Assert.Contains("does not match the name on the URL", (string)status["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_AsADryRun_StoresNothing()
    {
        string path = await NewPathAsync();
        await ApplyAsync($"{path}?dryRun=All", "ci", Web, HttpStatusCode.Created);
        await api.GetAsync(path, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Apply_FromAnOldVersion_IsAConflict()
    {
        string path = await NewPathAsync();
        JsonObject old = await ApplyAsync(path, "ci", Web, HttpStatusCode.Created);
        await api.PatchAsync(path, "application/merge-patch+json", """{"spec":{"minReadySeconds":1}}""");
        JsonObject status = await ApplyAsync(path, "ci", Web.Replace("  name: web", $"  name: web\n  resourceVersion: \"{old.VersionOf()}\"", StringComparison.Ordinal), HttpStatusCode.Conflict);
        Assert.Contains("the object has been modified", (string)status["message"]!, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Managers(JsonObject resource) => resource["metadata"]!["managedFields"]!.AsArray().Select(entry => (string)entry!["manager"]!);

    private async Task<string> NewPathAsync() => $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments/web";

    private Task<JsonObject> ApplyAsync(string path, string manager, string body, HttpStatusCode expected = HttpStatusCode.OK) =>
        api.PatchAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}fieldManager={manager}", ApplyPatch, body, expected);
}
