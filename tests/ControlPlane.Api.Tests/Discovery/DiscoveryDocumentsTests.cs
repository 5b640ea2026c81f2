using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.Discovery;
using ControlPlane.Api.Wire.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Api.Tests.Discovery;

public sealed class DiscoveryDocumentsTests
{
    [Fact]
    public void TheAppsGroupListsItsKindsAndSubresources()
    {
        JsonArray resources = DiscoveryDocuments.ResourceList("apps", "v1")["resources"]!.AsArray();

        Assert.Equal(
            [
                "deployments", "deployments/abort", "deployments/history", "deployments/pause", "deployments/plan", "deployments/promote", "deployments/promote-to", "deployments/restart",
                "deployments/resume", "deployments/retry", "deployments/rollback", "deployments/rollout", "deployments/scale", "deployments/status",
                "replicasets", "replicasets/scale", "replicasets/status",
            ],
            resources.Select(resource => resource!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        JsonNode scale = resources.Single(resource => resource!["name"]!.GetValue<string>() == "deployments/scale")!;
        Assert.Equal(("autoscaling", "v1", "Scale"), (scale["group"]!.GetValue<string>(), scale["version"]!.GetValue<string>(), scale["kind"]!.GetValue<string>()));
        Assert.Equal("deploy", resources.Single(resource => resource!["name"]!.GetValue<string>() == "deployments")!["shortNames"]![0]!.GetValue<string>());
    }

    [Fact]
    public void AGroupOfTwoVersionsPrefersTheNewerOne()
    {
        JsonNode policy = DiscoveryDocuments.GroupList()["groups"]!.AsArray().Single(group => (string)group!["name"]! == "policy")!;

        Assert.Equal(["policy/v1", "policy/v1beta1"], policy["versions"]!.AsArray().Select(version => (string)version!["groupVersion"]!));
        Assert.Equal("policy/v1", (string)policy["preferredVersion"]!["groupVersion"]!);
        Assert.Equal(
            ["poddisruptionbudgets", "poddisruptionbudgets/status"],
            DiscoveryDocuments.ResourceList("policy", "v1beta1")["resources"]!.AsArray().Select(resource => (string)resource!["name"]!));
    }

    [Fact]
    public void BothFormsNameTheSameResources()
    {
        JsonNode core = DiscoveryDocuments.Aggregated(isCore: true, "v2")["items"]![0]!["versions"]![0]!["resources"]!;

        Assert.Equal(
            DiscoveryDocuments.ResourceList("", "v1")["resources"]!.AsArray().Select(resource => resource!["name"]!.GetValue<string>()).Where(name => !name.Contains('/')),
            core.AsArray().Select(resource => resource!["resource"]!.GetValue<string>()));
        IEnumerable<JsonNode?> named = DiscoveryDocuments.Aggregated(isCore: false, "v2")["items"]!.AsArray()
            .SelectMany(group => group!["versions"]!.AsArray()).SelectMany(version => version!["resources"]!.AsArray());
        Assert.Equal(ServedKinds.Listed.Count, core.AsArray().Count + named.Count());
    }

    [Theory]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json", "APIGroupDiscoveryList", "apidiscovery.k8s.io/v2")]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", "APIGroupDiscoveryList", "apidiscovery.k8s.io/v2beta1")]
    [InlineData("application/json, */*", "APIGroupList", "v1")]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json", "APIGroupList", "v1")]
    public async Task TheRootAnswersInTheFormThatTheClientPrefers(string accept, string kind, string apiVersion)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapDiscovery();
        app.MapOpenApi();
        await app.StartAsync(CancellationToken.None);
        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.Single()) };
        using HttpRequestMessage request = new(HttpMethod.Get, "/apis");
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
        JsonNode document = JsonNode.Parse(await response.Content.ReadAsStringAsync(CancellationToken.None))!;

        Assert.Equal((kind, apiVersion), (document["kind"]!.GetValue<string>(), document["apiVersion"]!.GetValue<string>()));
        Assert.Equal(kind == "APIGroupDiscoveryList", response.Content.Headers.ContentType!.Parameters.Any(parameter => parameter.Name == "as"));
    }

}
