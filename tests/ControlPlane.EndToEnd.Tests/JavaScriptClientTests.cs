using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Kubernetes' official JavaScript client, with the kubeconfig that the product writes: what <c>JavaScript/client.mjs</c> found as it should be.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class JavaScriptClientTests(SharedProduct shared)
{
    private const string Pod =
        """{"metadata":{"name":"web"},"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"web","image":"hello:v1","ports":[{"containerPort":8080}]}]}}""";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Client_FindsObjectsWatchesPatchesAndCommandsAsItKnowsThem()
    {
        string space = shared.NewNamespace("javascript");
        Assert.Equal(201, (await shared.Api.SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{space}}}"}}""")).Code);
        Assert.Equal(201, (await shared.Api.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{space}/pods", Pod)).Code);
        await shared.Product.EventuallyAsync("the pod is ready", ReadyWithin, async () =>
        {
            JsonNode pod = await shared.Api.GetAsync($"/api/v1/namespaces/{space}/pods/web");
            return pod.IsReady() ? null : Deployments.Describe([pod]);
        });

        string script = Path.Combine(Clone.Root, "tests", "ControlPlane.EndToEnd.Tests", "JavaScript", "client.mjs");
        string modules = Path.GetDirectoryName(Clone.Tool("javascript/package.json"))!;
        CommandResult told = await Command.RunAsync("node", [script, modules, shared.Product.Kubeconfig, space]);

        Assert.Equal(["typed objects", "watch", "informer", "patches", "exec"], told.OrThrow().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
