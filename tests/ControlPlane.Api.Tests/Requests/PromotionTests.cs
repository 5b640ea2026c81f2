using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary><c>POST …/deployments/{name}/promote-to</c>.</summary>
[Collection(ApiCollection.Name)]
public sealed class PromotionTests(ApiServer api)
{
    private const string Pinned = "hello@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    [Fact]
    public async Task Promotion_IsShownFirst_ThenDoneOnce_AndSaysWhereItCameFrom()
    {
        (string from, string to, string space) = await NewAsync();
        await Revisions.AddAsync(api, from, 1, Pinned, isComplete: true);
        string body = $$"""{"toNamespace":"{{space}}","revision":1}""";
        JsonObject before = await api.GetAsync(to);

        JsonObject shown = await api.PostAsync(from + "/promote-to?dryRun=All", body);
        Assert.Equal((true, Pinned), ((bool)shown["changed"]!, (string)shown["images"]![0]!["to"]!));
        Assert.Equal(before.VersionOf(), (await api.GetAsync(to)).VersionOf());

        JsonObject done = await api.PostAsync(from + "/promote-to", body);
        Assert.Equal(("promote-to", true, 1, space), ((string)done["action"]!, (bool)done["changed"]!, (int)done["revision"]!, (string)done["metadata"]!["namespace"]!));
        Assert.Equal(shown["images"]!.ToJsonString(), done["images"]!.ToJsonString());
        JsonObject after = await api.GetAsync(to);
        Assert.Equal((done.VersionOf(), Pinned), (after.VersionOf(), (string)after["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!));
        Assert.Equal((int)before["spec"]!["replicas"]!, (int)after["spec"]!["replicas"]!);
        JsonNode latest = (await api.GetAsync($"{to}/history"))["items"]![0]!;
        Assert.Equal($"promoted from {from.Split('/')[5]}/web, revision 1", (string)latest["change"]!);

        JsonObject again = await api.PostAsync(from + "/promote-to", body);
        Assert.Equal((false, after.VersionOf()), ((bool)again["changed"]!, again.VersionOf()));
        Assert.Null(again["images"]);
        Assert.Equal(after.VersionOf(), (await api.GetAsync(to)).VersionOf());
    }

    [Fact]
    public async Task Promotion_ThatCannotBe_SaysWhy()
    {
        (string from, string to, string space) = await NewAsync();
        await Revisions.AddAsync(api, from, 1, Pinned, isComplete: true);
        await Revisions.AddAsync(api, from, 2, "hello:1", isComplete: false);
        await Revisions.AddAsync(api, from, 3, "hello:3", isComplete: true);
        string stale = (await api.GetAsync(to)).VersionOf();

        await RefusedAsync($$"""{"toNamespace":"{{space}}","revision":2}""", HttpStatusCode.Conflict, "revision 2 has not proven itself");
        await RefusedAsync($$"""{"toNamespace":"{{space}}","revision":3}""", HttpStatusCode.Conflict, "no registry's digest is known");
        await RefusedAsync($$"""{"toNamespace":"{{space}}","revision":9}""", HttpStatusCode.UnprocessableEntity, "there is no such revision; there are 1, 2, 3");
        await RefusedAsync($$"""{"toNamespace":"{{space}}","toName":"none"}""", HttpStatusCode.Conflict, $"there is no Deployment {space}/none");
        await RefusedAsync("""{"revision":1}""", HttpStatusCode.UnprocessableEntity, "toNamespace: Required value");
        await RefusedAsync($$"""{"toNamespace":"{{space}}","revison":1}""", HttpStatusCode.BadRequest, "unknown field \"revison\"");
        await api.PostAsync(from + "/promote-to", $$"""{"toNamespace":"{{space}}","revision":3,"allowTags":true}""");
        await RefusedAsync($$$"""{"toNamespace":"{{{space}}}","revision":1,"metadata":{"resourceVersion":"{{{stale}}}"}}""", HttpStatusCode.Conflict, "modified");
        await api.PostAsync(from.Replace("/web", "/none", StringComparison.Ordinal) + "/promote-to", $$"""{"toNamespace":"{{space}}"}""", HttpStatusCode.NotFound);

        async Task RefusedAsync(string body, HttpStatusCode code, string because) =>
            Assert.Contains(because, (string)(await api.PostAsync(from + "/promote-to", body, code))["message"]!, StringComparison.Ordinal);
    }

    private async Task<(string From, string To, string Space)> NewAsync()
    {
        string[] spaces = [await api.NewNamespaceAsync(), await api.NewNamespaceAsync()];
        string[] paths = [.. spaces.Select(space => $"/apis/apps/v1/namespaces/{space}/deployments")];
        foreach (string path in paths)
        {
            await api.PostAsync(path, Samples.Deployment("web"));
        }

        return (paths[0] + "/web", paths[1] + "/web", spaces[1]);
    }
}
