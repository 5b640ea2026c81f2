using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>One set of manifests for all environments (<c>examples/environments</c>), and the way of a revision through them.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class EnvironmentsTests(SharedProduct shared)
{
    /// <summary>The process runtime's images have no digests, so their names are carried.</summary>
    private const string ToStaging = """{"toNamespace":"staging","allowTags":true}""";

    [Fact]
    public async Task Revision_ThatHasProvenItself_GoesFromDevelopmentToStaging()
    {
        await ApplyAsync("1.20", "development", 1);
        await ApplyAsync("recent", "staging", 2);
        await ApplyAsync("1.20", "production", 3);
        Kubectl development = shared.Kubectl().In("development");
        await development.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        Assert.Equal("Complete", (string)(await shared.Api.OutcomeAsync(PathIn("development")))["phase"]!);

        JsonNode shown = await PromoteAsync("?dryRun=All");
        Assert.Equal(("hello:v1", "hello:v2"), ((string)shown["images"]![0]!["from"]!, (string)shown["images"]![0]!["to"]!));
        Assert.Equal("hello:v1", ImageOf(await shared.Api.GetAsync(PathIn("staging"))));
        Assert.True((bool)(await PromoteAsync())["changed"]!);
        Assert.Equal("Complete", (string)(await shared.Api.OutcomeAsync(PathIn("staging")))["phase"]!);
        Assert.False((bool)(await PromoteAsync())["changed"]!);

        JsonNode staging = await shared.Api.GetAsync(PathIn("staging"));
        Assert.Equal(("hello:v2", 2), (ImageOf(staging), (int)staging["spec"]!["replicas"]!));
        Assert.Equal("staging", (string)staging["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]![0]!["value"]!);
        Assert.Contains("promoted from development/hello, revision 2, by admin", await development.In("staging").OkAsync("rollout", "history", "deployment/hello"), StringComparison.Ordinal);
        Assert.Equal("hello:v1", ImageOf(await shared.Api.GetAsync(PathIn("production"))));
        await shared.Kubectl().OkAsync("delete", "namespace", "development", "staging", "production", "--wait=false");
    }

    private async Task ApplyAsync(string version, string environment, int replicas)
    {
        await shared.Kubectl(version).OkAsync("apply", "-k", Clone.Example(Path.Combine("environments", environment)));
        await new Deployments(shared.Product, shared.Api, environment).BecomeReadyAsync(replicas);
    }

    private async Task<JsonNode> PromoteAsync(string query = "")
    {
        Answer answer = await shared.Api.SendAsync(HttpMethod.Post, PathIn("development") + "/promote-to" + query, ToStaging);
        Assert.True(answer.Code == 201, $"{answer.Code} {answer.Text}");
        return answer.Json;
    }

    private static string PathIn(string space) => $"/apis/apps/v1/namespaces/{space}/deployments/hello";

    private static string ImageOf(JsonNode deployment) => (string)deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!;
}
