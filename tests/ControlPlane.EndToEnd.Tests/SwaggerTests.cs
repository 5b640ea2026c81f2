using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>What a person does in Swagger UI.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class SwaggerTests(SharedProduct shared, OpenSwaggerPage swagger) : IClassFixture<OpenSwaggerPage>
{
    private const string Path = "/apis/apps/v1/namespaces/{namespace}/deployments";

    [Fact]
    public async Task Person_AuthorizesListsCreatesAndSeesADeployment()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("swagger"));
        string example = await kubectl.OkAsync("create", "-f", Clone.Example("hello.yaml"), "--dry-run=client", "-o", "json");
        Dictionary<string, string> space = new() { ["namespace"] = kubectl.Namespace };

        string empty = await swagger.Page.TryAsync("get", Path, space);
        Assert.Contains("\"items\": []", empty, StringComparison.Ordinal);
        string created = await swagger.Page.TryAsync("post", Path, space, example);
        Assert.Contains("\"uid\":", created, StringComparison.Ordinal);
        string listed = await swagger.Page.TryAsync("get", Path, space);
        Assert.Contains("\"name\": \"hello\"", listed, StringComparison.Ordinal);

        await new Deployments(shared.Product, shared.Api, kubectl.Namespace).BecomeReadyAsync(3);
    }

    [Fact]
    public async Task Person_RestartsPausesResumesAndRollsBack_WithTheExamplesOfThePage()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("swagger-actions"));
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await hello.BecomeReadyAsync(3);
        Dictionary<string, string> target = new() { ["namespace"] = kubectl.Namespace, ["name"] = "hello" };
        async Task<string> ActAsync(string action) => await swagger.Page.TryAsync("post", $"{Path}/{{name}}/{action}", target);

        string before = await hello.UidsOfReadyPodsAsync();
        Assert.Contains("\"changed\": true", await ActAsync("restart"), StringComparison.Ordinal);
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(3);
        Assert.NotEqual(before, await hello.UidsOfReadyPodsAsync());

        Assert.Contains("\"message\": \"paused\"", await ActAsync("pause"), StringComparison.Ordinal);
        Assert.Equal("true", (await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.spec.paused}")).Trim());
        Assert.Contains("\"message\": \"resumed\"", await ActAsync("resume"), StringComparison.Ordinal);
        Assert.Empty((await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.spec.paused}")).Trim());

        Assert.Contains("\"message\": \"rolled back to revision 1\"", await ActAsync("rollback"), StringComparison.Ordinal);
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(3);
        Assert.Equal(2, (await hello.ReplicaSetsAsync()).Count);
    }
}
