using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>What a replica answers while the database's changes do not reach its memory. Its own API, for others' reads must not wait.</summary>
public sealed class LateCacheTests(ApiServer api) : IAsyncLifetime, IClassFixture<ApiServer>
{
    private string home = "";

    public async Task InitializeAsync() => home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Reads_OfWhatMemoryLacks_AreAnsweredFromTheDatabase()
    {
        await api.PostAsync(home, Samples.Pod("before", labels: """{"app":"x"}"""));
        await api.PostAsync($"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods", Samples.Pod("elsewhere"));
        await api.GetAsync(home);
        using IDisposable hold = api.Cache.Hold();
        JsonObject during = await api.PostAsync(home, Samples.Pod("during", labels: """{"app":"x"}"""));
        await api.PostAsync(home, Samples.Pod("other", labels: """{"app":"y"}"""));

        Task<JsonObject> found = api.GetAsync($"{home}/during");
        Task<JsonObject> atLeast = api.GetAsync($"{home}/during?resourceVersion={during.VersionOf()}");
        Task<JsonObject> missing = api.GetAsync($"{home}/missing", HttpStatusCode.NotFound);
        Task<JsonObject> list = api.GetAsync($"{home}?labelSelector=app%3Dx&fieldSelector=metadata.name!%3Dnothing");
        Task<JsonObject> everywhere = api.GetAsync("/api/v1/pods");
        Task<JsonObject> table = api.SendAsync(HttpMethod.Get, home, null, HttpStatusCode.OK, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Task<JsonObject> ahead = api.GetAsync($"{home}?resourceVersion=999999999", HttpStatusCode.GatewayTimeout);
        Task<JsonObject> watchAhead = api.GetAsync($"{home}?watch=true&resourceVersion=999999999", HttpStatusCode.GatewayTimeout);

        Assert.Equal(during.ToJsonString(), (await found).ToJsonString());
        Assert.Equal(during.ToJsonString(), (await atLeast).ToJsonString());
        Assert.Equal("NotFound", (string)(await missing)["reason"]!);
        Assert.Equal(["before", "during"], (await list).NamesOf());
        Assert.Equal(NumberOf(during) + 1, NumberOf(await list));
        Assert.Superset(new HashSet<string> { "before", "during", "elsewhere", "other" }, (await everywhere).NamesOf().ToHashSet());
        Assert.Equal(3, (await table)["rows"]!.AsArray().Count);
        Assert.Equal("ResourceVersionTooLarge", (string)(await ahead)["details"]!["causes"]![0]!["reason"]!);
        Assert.Equal("ResourceVersionTooLarge", (string)(await watchAhead)["details"]!["causes"]![0]!["reason"]!);
    }

    [Fact]
    public async Task Watches_BeginWithWhatTheDatabaseHas_AndGoOnAfterIt()
    {
        await api.PostAsync(home, Samples.Pod("before"));
        await api.GetAsync(home);
        using IDisposable hold = api.Cache.Hold();
        JsonObject during = await api.PostAsync(home, Samples.Pod("during"));
        await using Watching all = await Watching.StartAsync(api.Admin, $"{home}?watch=true");
        await using Watching later = await Watching.StartAsync(api.Admin, $"{home}?watch=true&resourceVersion={during.VersionOf()}");

        await api.PostAsync(home, Samples.Pod("after"));

        Assert.Equal(["ADDED before", "ADDED during", "ADDED after"], await all.TakeAsync(3));
        Assert.Equal(["ADDED after"], await later.TakeAsync(1));
    }

    [Fact]
    public async Task WhatIsToldOfADeployment_OfWhichMemoryKnowsNothing_RestsOnTheDatabase()
    {
        string deployments = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.GetAsync(deployments);
        using IDisposable hold = api.Cache.Hold();
        JsonObject web = await api.PostAsync(deployments, Samples.Deployment("web"));
        await Revisions.AddAsync(api, $"{deployments}/web", 1, "hello:0", isComplete: true);

        Task<JsonObject> rollout = api.GetAsync($"{deployments}/web/rollout?wait=1s");
        Task<JsonObject> history = api.GetAsync($"{deployments}/web/history");
        Task<JsonObject> plan = api.PostAsync($"{deployments}/web/plan", web.ToJsonString());
        Task<JsonObject> back = api.PostAsync($"{deployments}/web/rollback?dryRun=All", """{"toRevision":1}""");
        Task<JsonObject> missing = api.GetAsync($"{deployments}/none/rollout", HttpStatusCode.NotFound);

        Assert.Equal("hello:0", (string)Assert.Single((await rollout)["replicaSets"]!.AsArray())!["images"]![0]!);
        Assert.Contains((await history)["items"]!.AsArray(), item => (string?)item!["change"] == "created with hello:1");
        Assert.Equal("RolloutForecast", (string)(await plan)["kind"]!);
        Assert.Equal(1, (int)(await back)["revision"]!);
        Assert.Equal("NotFound", (string)(await missing)["reason"]!);
    }

    [Fact]
    public async Task Quota_OfWhichMemoryKnowsNothing_HoldsForTheNextPod()
    {
        using IDisposable hold = api.Cache.Hold();
        await api.PostAsync(home.Replace("/pods", "/resourcequotas", StringComparison.Ordinal), """{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"none"},"spec":{"hard":{"pods":"0"}}}""");

        JsonObject refused = await api.PostAsync(home, Samples.Pod("during"), HttpStatusCode.Forbidden);

        Assert.Contains("exceeded quota: none", (string)refused["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnythingThere_IsReadFromMemory()
    {
        await api.GetAsync(home);
        using IDisposable hold = api.Cache.Hold();
        await api.PostAsync(home, Samples.Pod("during"));

        Assert.Empty((await api.GetAsync($"{home}?resourceVersion=0")).NamesOf());
        await api.GetAsync($"{home}/during?resourceVersion=0", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Pages_FromTheDatabase_ShowOneRevision()
    {
        await api.GetAsync(home);
        using IDisposable hold = api.Cache.Hold();
        foreach (string name in new[] { "a", "b", "c", "d", "e" })
        {
            await api.PostAsync(home, Samples.Pod(name));
        }

        JsonObject first = await api.GetAsync($"{home}?limit=2");
        await api.PostAsync(home, Samples.Pod("bb"));
        JsonObject second = await api.GetAsync($"{home}?limit=2&continue={Token(first)}");
        JsonObject third = await api.GetAsync($"{home}?limit=2&continue={Token(second)}");

        Assert.Equal(["a", "b", "c", "d", "e"], first.NamesOf().Concat(second.NamesOf()).Concat(third.NamesOf()));
        Assert.Equal((3, 1), ((int)first["metadata"]!["remainingItemCount"]!, (int)second["metadata"]!["remainingItemCount"]!));
        Assert.Equal(first.VersionOf(), third.VersionOf());
        // They were read for this namespace: they say nothing of another.
        JsonObject status = await api.GetAsync($"/api/v1/pods?limit=2&continue={Token(first)}", HttpStatusCode.Gone);
        Assert.Equal("Expired", (string)status["reason"]!);

        // The answer says where the client was, so that it need not begin anew.
        string space = home.Split('/')[4];
        JsonObject rest = await api.GetAsync($"/api/v1/pods?continue={Token(status)}");
        Assert.True(NumberOf(rest) > NumberOf(first));
        Assert.Equal(["bb", "c", "d", "e"], rest["items"]!.AsArray().Where(pod => (string)pod!["metadata"]!["namespace"]! == space).Select(pod => pod!.NameOf()));
    }

    [Fact]
    public async Task Writes_OfWhatMemoryLacks_RestOnTheDatabase()
    {
        await api.GetAsync(home);
        using IDisposable hold = api.Cache.Hold();
        await api.PostAsync(home, Samples.Pod("during"));

        JsonObject patched = await api.PatchAsync($"{home}/during", "application/merge-patch+json", """{"metadata":{"labels":{"disk":"ssd"}}}""");
        JsonObject deleted = await api.DeleteAsync($"{home}/during");

        Assert.Equal("ssd", (string)patched["metadata"]!["labels"]!["disk"]!);
        Assert.Equal("during", deleted.NameOf());
        await api.GetAsync($"{home}/during", HttpStatusCode.NotFound);
    }

    private static string Token(JsonObject page) => (string)page["metadata"]!["continue"]!;

    private static long NumberOf(JsonObject item) => long.Parse(item.VersionOf(), CultureInfo.InvariantCulture);
}
