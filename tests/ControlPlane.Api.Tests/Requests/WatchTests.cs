using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class WatchTests(ApiServer api)
{
    private const string AsTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    [Fact]
    public async Task Watch_FromAListsRevision_SendsEveryLaterChangeInOrder()
    {
        string home = await NewSecretsAsync();
        await api.PostAsync(home, Samples.Secret("before"));
        JsonObject list = await api.GetAsync(home);
        await using Watching watch = await Watching.StartAsync(api.Admin, $"{home}?watch=true&resourceVersion={list.VersionOf()}");

        await api.PostAsync(home, Samples.Secret("a"));
        await api.PatchAsync($"{home}/a", "application/merge-patch+json", """{"metadata":{"labels":{"x":"y"}}}""");
        await api.DeleteAsync($"{home}/a");

        Assert.Equal(["ADDED a", "MODIFIED a", "DELETED a"], await watch.TakeAsync(3));
    }

    [Fact]
    public async Task Watch_WithoutARevision_BeginsWithWhatIsThere()
    {
        string home = await NewSecretsAsync();
        await api.PostAsync(home, Samples.Secret("a"));
        await using Watching watch = await Watching.StartAsync(api.Admin, $"{home}?watch=true");
        Assert.Equal(["ADDED a"], await watch.TakeAsync(1));
        await api.PostAsync(home, Samples.Secret("b"));
        Assert.Equal(["ADDED b"], await watch.TakeAsync(1));
    }

    [Fact]
    public async Task Watch_WithASelector_AddsWhatBeginsToMatchAndDeletesWhatNoLongerDoes()
    {
        string home = await NewSecretsAsync();
        await api.PostAsync(home, Samples.Secret("a"));
        await using Watching watch = await Watching.StartAsync(api.Admin, $"{home}?watch=true&labelSelector=x%3Dy");

        await api.PatchAsync($"{home}/a", "application/merge-patch+json", """{"metadata":{"labels":{"x":"y"}}}""");
        JsonObject left = await api.PatchAsync($"{home}/a", "application/merge-patch+json", """{"metadata":{"labels":{"x":"z"}}}""");

        Assert.Equal("ADDED a", Assert.Single(await watch.TakeAsync(1)));
        JsonObject deleted = await watch.NextAsync();
        Assert.Equal("DELETED", (string)deleted["type"]!);
        Assert.Equal("y", (string)deleted["object"]!["metadata"]!["labels"]!["x"]!);
        Assert.Equal(left.VersionOf(), deleted["object"]!.VersionOf());
    }

    [Fact]
    public async Task Watch_WithInitialEvents_EndsThemWithAnAnnotatedBookmark()
    {
        string home = await NewSecretsAsync();
        await api.PostAsync(home, Samples.Secret("a"));
        await using Watching watch = await Watching.StartAsync(
            api.Admin, $"{home}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        Assert.Equal(["ADDED a"], await watch.TakeAsync(1));
        JsonObject bookmark = await watch.NextAsync();
        Assert.Equal("BOOKMARK", (string)bookmark["type"]!);
        Assert.Equal("Secret", (string)bookmark["object"]!["kind"]!);
        Assert.Equal("true", (string)bookmark["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!);
    }

    [Fact]
    public async Task Watch_WithATimeout_EndsByItselfAfterABookmark()
    {
        string home = await NewSecretsAsync();
        await using Watching watch = await Watching.StartAsync(api.Admin, $"{home}?watch=true&timeoutSeconds=1&allowWatchBookmarks=true");
        Assert.Equal("BOOKMARK", (string)(await watch.NextAsync())["type"]!);
        Assert.True(await watch.IsOverAsync());
    }

    [Fact]
    public async Task Watch_OfOneNameAsATable_SendsColumnsOnce()
    {
        string home = await NewSecretsAsync();
        await api.PostAsync(home, Samples.Secret("a"));
        await api.PostAsync(home, Samples.Secret("b"));
        await using Watching watch = await Watching.StartAsync(api.Admin, $"{home}?watch=true&fieldSelector=metadata.name%3Db", AsTable);
        JsonObject first = await watch.NextAsync();
        await api.PatchAsync($"{home}/b", "application/merge-patch+json", """{"metadata":{"labels":{"x":"y"}}}""");
        JsonObject second = await watch.NextAsync();

        Assert.Equal(("ADDED", "Table"), ((string)first["type"]!, (string)first["object"]!["kind"]!));
        Assert.Equal("b", (string)first["object"]!["rows"]![0]!["cells"]![0]!);
        Assert.NotEmpty(first["object"]!["columnDefinitions"]!.AsArray());
        Assert.Empty(second["object"]!["columnDefinitions"]!.AsArray());
    }

    [Fact]
    public async Task Watch_FromARevisionThatIsNoNumber_IsABadRequest() =>
        await api.GetAsync("/api/v1/secrets?watch=true&resourceVersion=abc", HttpStatusCode.BadRequest);

    private async Task<string> NewSecretsAsync() => $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/secrets";
}
