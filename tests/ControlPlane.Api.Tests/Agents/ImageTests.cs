using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>The nodes of a revision agree on what its images' names stand for.</summary>
[Collection(ApiCollection.Name)]
public sealed class ImageTests(ApiServer api)
{
    private const string Image = "hello:1";
    private const string OtherImage = "other:1";
    private static readonly string First = $"hello@sha256:{new string('1', 64)}";
    private static readonly string Moved = $"hello@sha256:{new string('2', 64)}";

    private static readonly string OtherFirst = $"other@sha256:{new string('3', 64)}";

    private readonly string node = $"node-{Guid.NewGuid():N}";

    [Fact]
    public async Task Image_IsWhatTheFirstNodeSaid_ForEveryNodeAfterIt()
    {
        (string space, string owner) = await NewRevisionAsync();
        ImageReport one = await NewPodAsync(space, owner, "one", node);
        ImageReport two = await NewPodAsync(space, owner, "two", $"other-{node}");

        Assert.Equal(First, await ResolveAsync(node, one, First));
        Assert.Equal(First, await ResolveAsync($"other-{node}", two, Moved));

        ReplicaSet stored = await ReadAsync(space);
        Assert.Equal(First, ResolvedImages.Of(stored)[Image]);
        Assert.Equal(Image, stored.Spec.Template.Spec.Containers[0].Image);
    }

    [Fact]
    public async Task Image_ThatManyNodesResolveAtOnce_IsOneForAll()
    {
        (string space, string owner) = await NewRevisionAsync();
        ImageReport[] pods = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => NewPodAsync(space, owner, $"p{i}", $"{node}-{i}")));

        string[] answers = await Task.WhenAll(pods.Select((pod, i) => ResolveAsync($"{node}-{i}", pod, $"hello@sha256:{new string((char)('a' + i), 64)}")));

        Assert.Equal(ResolvedImages.Of(await ReadAsync(space))[Image], Assert.Single(answers.Distinct()));
    }

    [Fact]
    public async Task ImagesOfAPod_AreAgreedOnInOneExchange()
    {
        (string space, string owner) = await NewRevisionAsync($$"""[{"name":"setup","image":"{{OtherImage}}"}]""");
        ImageReport one = await NewPodAsync(space, owner, "one", node);
        ImageReport two = await NewPodAsync(space, owner, "two", $"other-{node}");
        await ResolveAsync(node, one, First);

        ImageReply reply = await ReplyAsync($"other-{node}", two with
        {
            Image = OtherImage,
            Resolved = OtherFirst,
            Others = ValueMap.Of((Image, Moved), ("no-name-of-its-template", Moved.Replace("hello", "no-name-of-its-template", StringComparison.Ordinal))),
        });

        Assert.Equal(OtherFirst, reply.Resolved);
        Assert.Equal(First, reply.Others[Image]);
        Assert.Equal(ValueMap.Of((Image, First), (OtherImage, OtherFirst)), ResolvedImages.Of(await ReadAsync(space)));
    }

    [Fact]
    public async Task Desired_BringsWhatTheRevisionKnows()
    {
        (string space, string owner) = await NewRevisionAsync();
        ImageReport pod = await NewPodAsync(space, owner, "one", node);
        await ResolveAsync(node, pod, First);

        // The first answers are what the replica has, which may be older.
        long stored = (await ReadAsync(space)).Metadata.Revision;
        DesiredState desired;
        do
        {
            using HttpResponseMessage response = await api.Agent.GetAsync($"/agent/v1/nodes/{node}/desired?after=0");
            desired = (await response.Content.ReadFromJsonAsync<DesiredState>(ResourceJson.Options))!;
        }
        while (desired.Revision < stored);

        Assert.Equal([new ResolvedImage(pod.PodUid, Image, First)], desired.ResolvedImages);
    }

    [Fact]
    public async Task PodOfAnotherNodeOrWithoutARevision_ChangesNothing()
    {
        (string space, string owner) = await NewRevisionAsync();
        ImageReport elsewhere = await NewPodAsync(space, owner, "one", $"other-{node}");
        ImageReport bare = await NewPodAsync(space, owner: null, "bare", node);

        Assert.Equal(Moved, await ResolveAsync(node, elsewhere, Moved));
        Assert.Equal(Moved, await ResolveAsync(node, bare, Moved));

        Assert.Empty(ResolvedImages.Of(await ReadAsync(space)));
    }

    [Fact]
    public async Task ResolutionOfAnotherRepository_IsRefused()
    {
        (string space, string owner) = await NewRevisionAsync();
        ImageReport pod = await NewPodAsync(space, owner, "one", node);

        Assert.Contains("resolved: Invalid value", await RefusalAsync(pod with { Resolved = OtherFirst }), StringComparison.Ordinal);
        Assert.Contains($"others[{OtherImage}]: Invalid value", await RefusalAsync(pod with { Others = ValueMap.Of((OtherImage, First)) }), StringComparison.Ordinal);
    }

    private async Task<string> RefusalAsync(ImageReport report)
    {
        using HttpResponseMessage response = await PostAsync(node, report);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["message"]!;
    }

    private async Task<(string Space, string Owner)> NewRevisionAsync(string initContainers = "[]")
    {
        string space = await api.NewNamespaceAsync();
        JsonObject replicaSet = JsonNode.Parse(Samples.Deployment("web"))!.AsObject();
        replicaSet["kind"] = "ReplicaSet";
        replicaSet["spec"]!["template"]!["spec"]!["initContainers"] = JsonNode.Parse(initContainers);
        JsonObject stored = await api.PostAsync($"/apis/apps/v1/namespaces/{space}/replicasets", replicaSet.ToJsonString());
        return (space, (string)stored["metadata"]!["uid"]!);
    }

    private async Task<ImageReport> NewPodAsync(string space, string? owner, string name, string onNode)
    {
        JsonObject pod = JsonNode.Parse(Samples.Pod(name, onNode))!.AsObject();
        if (owner is not null)
        {
            pod["metadata"]!["ownerReferences"] = JsonNode.Parse($$"""[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"{{owner}}","controller":true}]""");
        }

        JsonObject stored = await api.PostAsync($"/api/v1/namespaces/{space}/pods", pod.ToJsonString());
        return new ImageReport { PodUid = (string)stored["metadata"]!["uid"]!, Namespace = space, Name = name, Image = Image, Resolved = First };
    }

    private async Task<ReplicaSet> ReadAsync(string space) =>
        ResourceJson.Deserialize<ReplicaSet>((await api.GetAsync($"/apis/apps/v1/namespaces/{space}/replicasets/web")).ToJsonString());

    private async Task<string> ResolveAsync(string onNode, ImageReport pod, string resolved) => (await ReplyAsync(onNode, pod with { Resolved = resolved })).Resolved;

    private async Task<ImageReply> ReplyAsync(string onNode, ImageReport report)
    {
        using HttpResponseMessage response = await PostAsync(onNode, report);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<ImageReply>(ResourceJson.Options))!;
    }

    private Task<HttpResponseMessage> PostAsync(string onNode, ImageReport report) =>
        api.Agent.PostAsJsonAsync($"/agent/v1/nodes/{onNode}/images", report, ResourceJson.Options);
}
