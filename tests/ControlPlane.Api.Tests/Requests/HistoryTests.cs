using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>A Deployment's history, as far as it is known without a reconciler: who declared what, and when.</summary>
[Collection(ApiCollection.Name)]
public sealed class HistoryTests(ApiServer api)
{
    [Fact]
    public async Task History_OfDeclarations_NamesTheTokenAndTheProgramLatestFirst()
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync(home, Samples.Deployment("web"));
        using HttpRequestMessage patch = new(HttpMethod.Patch, $"{home}/web");
        patch.Headers.UserAgent.ParseAdd("deployer/2.1 (linux)");
        patch.Content = new StringContent(
            """{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"hello:2"}]}}}}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/strategic-merge-patch+json"));
        using HttpResponseMessage patched = await api.Admin.SendAsync(patch);
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);

        JsonObject history = await api.GetAsync($"{home}/web/history");

        Assert.Equal(("rollouts.controlplane.dev/v1", "DeploymentHistory", "web"), ((string)history["apiVersion"]!, (string)history["kind"]!, history.NameOf()));
        JsonArray items = history["items"]!.AsArray();
        Assert.Equal(2, items.Count);
        Assert.Equal(("admin", "deployer/2.1"), ((string)items[0]!["startedBy"]!, (string)items[0]!["userAgent"]!));
        Assert.Equal(["image of c from hello:1 to hello:2", "created with hello:1"], items.Select(item => (string)item!["change"]!));
        Assert.All(items, item => Assert.Equal("Progressing", (string)item!["outcome"]!));
        Assert.NotNull(items[0]!["startedAt"]);
    }

    [Fact]
    public async Task History_IsNotMadeByScalingOrADryRun()
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync($"{home}?dryRun=All", Samples.Deployment("web"));
        JsonObject created = await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject read = await api.GetAsync($"{home}/web");
        Assert.Equal(created.VersionOf(), read.VersionOf());
        read["spec"]!["replicas"] = 5;
        await api.PutAsync($"{home}/web", read);

        JsonObject history = await api.GetAsync($"{home}/web/history");

        Assert.Single(history["items"]!.AsArray());
    }

    /// <summary>The reconciler carries it out, and finds here whose wish it is; what a client says of that is not taken.</summary>
    [Fact]
    public async Task ALegacyRollback_IsSignedWithWhoAsksForIt()
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync(home, Samples.Deployment("web"));
        using HttpRequestMessage patch = new(HttpMethod.Patch, $"{home}/web");
        patch.Headers.UserAgent.ParseAdd("deployer/2.1 (linux)");
        patch.Content = new StringContent(
            """{"metadata":{"annotations":{"deprecated.deployment.rollback.to":"0","controlplane.dev/rollback-asked-by":"somebody with else"}}}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/merge-patch+json"));
        using HttpResponseMessage patched = await api.Admin.SendAsync(patch);
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);

        JsonObject read = await api.GetAsync($"{home}/web");

        Assert.Equal("admin with deployer/2.1", (string)read["metadata"]!["annotations"]!["controlplane.dev/rollback-asked-by"]!);
    }

    [Fact]
    public async Task History_OfNothing_IsNotFound()
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        JsonObject status = await api.GetAsync($"{home}/web/history", HttpStatusCode.NotFound);
        Assert.Equal("deployments.apps \"web\" not found", (string)status["message"]!);
    }
}
