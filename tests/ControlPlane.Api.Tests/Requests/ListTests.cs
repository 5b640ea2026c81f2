using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class ListTests(ApiServer api)
{
    [Fact]
    public async Task List_WithSelectors_ChoosesByLabelsAndFields()
    {
        string home = await NewPodsAsync(("a", "x"), ("b", "y"), ("c", "x"));
        Assert.Equal(["a", "c"], (await api.GetAsync($"{home}?labelSelector=app%3Dx")).NamesOf());
        Assert.Equal(["b"], (await api.GetAsync($"{home}?labelSelector=app%20notin%20(x)")).NamesOf());
        Assert.Equal(["c"], (await api.GetAsync($"{home}?labelSelector=app%3Dx&fieldSelector=metadata.name%21%3Da")).NamesOf());
        Assert.Equal(["a", "b", "c"], (await api.GetAsync($"{home}?fieldSelector=status.phase%3DPending")).NamesOf());
    }

    [Fact]
    public async Task List_InPages_ShowsOneRevisionWhateverIsWrittenMeanwhile()
    {
        string home = await NewPodsAsync(("a", "x"), ("b", "x"), ("c", "x"), ("d", "x"), ("e", "x"));
        JsonObject first = await api.GetAsync($"{home}?limit=2");
        await api.PostAsync(home, Samples.Pod("bb"));
        await api.DeleteAsync($"{home}/d");

        JsonObject second = await api.GetAsync($"{home}?limit=2&continue={Token(first)}");
        JsonObject third = await api.GetAsync($"{home}?limit=2&continue={Token(second)}");

        Assert.Equal(["a", "b", "c", "d", "e"], first.NamesOf().Concat(second.NamesOf()).Concat(third.NamesOf()));
        Assert.Equal((3, 1), ((int)first["metadata"]!["remainingItemCount"]!, (int)second["metadata"]!["remainingItemCount"]!));
        Assert.Equal(first.VersionOf(), third.VersionOf());
        Assert.Null(third["metadata"]!["continue"]);
    }

    [Fact]
    public async Task List_OfExactlyARevision_ShowsWhatThereWasThen()
    {
        string home = await NewPodsAsync(("a", "x"), ("b", "x"));
        string then = (await api.GetAsync(home)).VersionOf();
        await api.PostAsync(home, Samples.Pod("c"));
        await api.DeleteAsync($"{home}/a");
        await api.PatchAsync($"{home}/b", "application/merge-patch+json", """{"metadata":{"labels":{"app":"y"}}}""");
        await api.PostAsync(home, Samples.Pod("a"));

        JsonObject list = await api.GetAsync($"{home}?resourceVersion={then}&resourceVersionMatch=Exact");

        Assert.Equal(["a x", "b x"], list["items"]!.AsArray().Select(pod => $"{pod!.NameOf()} {pod!["metadata"]!["labels"]!["app"]}"));
        Assert.Equal(then, list.VersionOf());
    }

    /// <summary>Clients reach the replicas by turns.</summary>
    [Fact]
    public async Task List_InPages_IsGoneOnWithByAnotherReplicaAtTheSameRevision()
    {
        string home = await NewPodsAsync(("a", "x"), ("b", "x"), ("c", "x"));
        ApiServer other = await ApiServer.StartBesideAsync(api);
        try
        {
            JsonObject first = await api.GetAsync($"{home}?limit=1");
            await api.DeleteAsync($"{home}/c");
            await api.PostAsync(home, Samples.Pod("aa"));

            JsonObject second = await other.GetAsync($"{home}?continue={Token(first)}");

            Assert.Equal(["b", "c"], second.NamesOf());
            Assert.Equal(first.VersionOf(), second.VersionOf());
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    /// <summary>A replica that has not begun the list, and no longer knows what has changed since: it says where the client was, so that it may go on with what is there now.</summary>
    [Fact]
    public async Task List_InPages_OfARevisionThatIsNoLongerKept_IsGone_AndMayBeGoneOnWith()
    {
        string home = await NewPodsAsync(("a", "x"), ("b", "x"), ("c", "x"));
        ApiServer other = await ApiServer.StartBesideAsync(api);
        try
        {
            using Kubernetes client = new(new KubernetesClientConfiguration
            {
                Host = other.Admin.BaseAddress!.ToString(),
                AccessToken = other.Admin.DefaultRequestHeaders.Authorization!.Parameter,
            });
            Task<V1PodList> PageAsync(string token) => client.CoreV1.ListNamespacedPodAsync(home.Split('/')[4], limit: 1, continueParameter: token);
            JsonObject first = await api.GetAsync($"{home}?limit=1");
            await api.DeleteAsync($"{home}/b");
            JsonObject newest = await api.PostAsync(home, Samples.Pod("d"));
            using IDisposable compacted = other.Cache.Compact();

            HttpOperationException gone = await Assert.ThrowsAsync<HttpOperationException>(() => PageAsync(Token(first)));
            V1Status status = KubernetesJson.Deserialize<V1Status>(gone.Response.Content);
            V1PodList second = await PageAsync(status.Metadata.ContinueProperty);
            V1PodList third = await PageAsync(second.Continue());

            Assert.Equal((HttpStatusCode.Gone, "Failure", "Expired", 410), (gone.Response.StatusCode, status.Status, status.Reason, status.Code));
            Assert.StartsWith("The provided continue parameter is too old", status.Message, StringComparison.Ordinal);
            Assert.Equal(["a", "c", "d"], first.NamesOf().Concat(second.Items.Concat(third.Items).Select(pod => pod.Name())));
            Assert.True(long.Parse(newest.VersionOf()) <= long.Parse(second.ResourceVersion()));
            Assert.Equal(second.ResourceVersion(), third.ResourceVersion());
            Assert.Null(third.Continue());
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    [Fact]
    public async Task List_WithATokenThatIsNone_IsABadRequest() =>
        await api.GetAsync("/api/v1/pods?limit=2&continue=nonsense", HttpStatusCode.BadRequest);

    [Fact]
    public async Task List_AtARevisionFarAhead_SaysThatItIsTooLarge()
    {
        JsonObject status = await api.GetAsync("/api/v1/pods?resourceVersion=999999999999", HttpStatusCode.GatewayTimeout);
        Assert.Equal("ResourceVersionTooLarge", (string)status["details"]!["causes"]![0]!["reason"]!);
    }

    [Fact]
    public async Task List_AsATable_HasColumnsAndARowForEachObject()
    {
        string home = await NewPodsAsync(("a", "x"), ("b", "x"));
        JsonObject table = await api.SendAsync(
            HttpMethod.Get, home, null, HttpStatusCode.OK, accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        Assert.Equal("Table", (string)table["kind"]!);
        Assert.Equal("Name", (string)table["columnDefinitions"]![0]!["name"]!);
        Assert.Equal(["a", "b"], table["rows"]!.AsArray().Select(row => (string)row!["cells"]![0]!));
        Assert.Equal("PartialObjectMetadata", (string)table["rows"]![0]!["object"]!["kind"]!);
    }

    [Fact]
    public async Task List_AsMetadata_HasNoSpec()
    {
        string home = await NewPodsAsync(("a", "x"));
        JsonObject list = await api.SendAsync(
            HttpMethod.Get, home, null, HttpStatusCode.OK, accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
        Assert.Equal("PartialObjectMetadataList", (string)list["kind"]!);
        Assert.Null(list["items"]![0]!["spec"]);
        Assert.Equal(["a"], list.NamesOf());
    }

    /// <summary>Older clients know these forms by their first version alone.</summary>
    [Theory]
    [InlineData("Table", "Table")]
    [InlineData("PartialObjectMetadataList", "PartialObjectMetadataList")]
    public async Task List_InAnOlderVersionOfTheForm_IsOfThatVersion(string form, string kind)
    {
        string home = await NewPodsAsync(("a", "x"));
        JsonObject list = await api.SendAsync(HttpMethod.Get, home, null, HttpStatusCode.OK, accept: $"application/json;as={form};v=v1beta1;g=meta.k8s.io");
        JsonNode item = kind == "Table" ? list["rows"]![0]!["object"]! : list["items"]![0]!;
        Assert.Equal((kind, "meta.k8s.io/v1beta1"), ((string)list["kind"]!, (string)list["apiVersion"]!));
        Assert.Equal(("PartialObjectMetadata", "meta.k8s.io/v1beta1"), ((string)item["kind"]!, (string)item["apiVersion"]!));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("/missing")]
    public async Task Read_ForPeople_HasALineForEachMember_AndTheSameContent(string name)
    {
        string path = await NewPodsAsync(("a", "x")) + name;
        using HttpResponseMessage plain = await api.Admin.GetAsync(path);
        using HttpResponseMessage pretty = await api.Admin.GetAsync($"{path}?pretty=true");
        string text = await pretty.Content.ReadAsStringAsync();

        Assert.Contains("\n  \"metadata\": {", text, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(await plain.Content.ReadAsStringAsync()), JsonNode.Parse(text)));
    }

    [Fact]
    public async Task List_InAFormThatIsNotServed_IsNotAcceptable() =>
        await api.SendAsync(HttpMethod.Get, "/api/v1/pods", null, HttpStatusCode.NotAcceptable, accept: "application/vnd.kubernetes.protobuf");

    private static string Token(JsonObject list) => (string)list["metadata"]!["continue"]!;

    private async Task<string> NewPodsAsync(params (string Name, string App)[] pods)
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        foreach ((string name, string app) in pods)
        {
            await api.PostAsync(home, Samples.Pod(name, labels: $$"""{"app":"{{app}}"}"""));
        }

        return home;
    }
}
