using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>The same objects under an older version of their group, which older clients ask for.</summary>
[Collection(ApiCollection.Name)]
public sealed class OlderVersionsTests(ApiServer api)
{
    private const string StandIn = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

    [Fact]
    public async Task Budget_IsTheSameUnderBothVersions()
    {
        (string old, string now) = await HomesAsync("policy", "poddisruptionbudgets");

        JsonObject made = await api.PostAsync(old, """
            {"apiVersion":"policy/v1beta1","kind":"PodDisruptionBudget","metadata":{"name":"b"},"spec":{"minAvailable":"50%","selector":{"matchLabels":{"a":"b"}}}}
            """);

        Assert.Equal(("policy/v1beta1", "PodDisruptionBudget"), ((string)made["apiVersion"]!, (string)made["kind"]!));
        JsonObject stored = await api.GetAsync($"{now}/b");
        Assert.Equal(("policy/v1", made.VersionOf()), ((string)stored["apiVersion"]!, stored.VersionOf()));
        Assert.Equal(made["spec"]!.ToJsonString(), stored["spec"]!.ToJsonString());
        JsonObject list = await api.GetAsync(old);
        Assert.Equal(("PodDisruptionBudgetList", "policy/v1beta1"), ((string)list["kind"]!, (string)list["apiVersion"]!));
        JsonObject patched = await api.PatchAsync($"{old}/b", "application/merge-patch+json", """{"spec":{"minAvailable":2}}""");
        Assert.Equal((2, "policy/v1beta1"), ((int)patched["spec"]!["minAvailable"]!, (string)patched["apiVersion"]!));
        JsonObject status = await api.PatchAsync($"{old}/b/status", "application/merge-patch+json", """{"status":{"currentHealthy":7}}""");
        Assert.Equal(7, (int)status["status"]!["currentHealthy"]!);
        await api.PostAsync(old, """{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"c"}}""", HttpStatusCode.BadRequest);
        await api.DeleteAsync($"{old}/b");
        await api.GetAsync($"{now}/b", HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("v1beta1", "{}", "v1", $$"""{"matchExpressions":[{"key":"{{StandIn}}","operator":"Exists"}]}""")]
    [InlineData("v1", "{}", "v1beta1", $$"""{"matchExpressions":[{"key":"{{StandIn}}","operator":"DoesNotExist"}]}""")]
    [InlineData("v1beta1", $$"""{"matchExpressions":[{"key":"{{StandIn}}","operator":"DoesNotExist"}]}""", "v1", "{}")]
    [InlineData("v1beta1", """{"matchLabels":{"a":"b"}}""", "v1", """{"matchLabels":{"a":"b"}}""")]
    public async Task EmptySelector_MeansNoPodsInOneVersion_AndAllInTheOther(string written, string selector, string read, string shown)
    {
        string space = await api.NewNamespaceAsync();
        string Home(string version) => $"/apis/policy/{version}/namespaces/{space}/poddisruptionbudgets";
        JsonObject made = await api.PostAsync(Home(written), $$$"""{"metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{{{selector}}}} }""");

        JsonObject other = await api.GetAsync($"{Home(read)}/b");

        Assert.Equal(shown, other["spec"]!["selector"]!.ToJsonString());
        Assert.Equal(made["spec"]!["selector"]!.ToJsonString(), (await api.GetAsync($"{Home(written)}/b"))["spec"]!["selector"]!.ToJsonString());
    }

    /// <summary>The stand-in is no choice of anybody's: what was read in the older version, changed and written in the newer one means what it says there.</summary>
    [Theory]
    [InlineData($$"""{"matchExpressions":[{"key":"{{StandIn}}","operator":"DoesNotExist"}]}""", "{}")]
    [InlineData($$"""{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"{{StandIn}}","operator":"Exists"},{"key":"c","operator":"Exists"}]}""", """{"matchExpressions":[{"key":"c","operator":"Exists"}],"matchLabels":{"a":"b"}}""")]
    [InlineData($$"""{"matchExpressions":[{"key":"{{StandIn}}","operator":"Exists"}]}""", $$"""{"matchExpressions":[{"key":"{{StandIn}}","operator":"Exists"}]}""")]
    public async Task StandIns_DoNotStay_InWhatIsWrittenInTheNewerVersion(string written, string stored)
    {
        (_, string now) = await HomesAsync("policy", "poddisruptionbudgets");
        JsonObject made = await api.PostAsync(now, """{"metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"x":"y"}}}}""");
        made["spec"]!["selector"] = JsonNode.Parse(written);

        JsonObject replaced = await api.PutAsync($"{now}/b", made);
        JsonObject applied = await api.PatchAsync($"{now}/a?fieldManager=m", "application/apply-patch+yaml", Applied(written), HttpStatusCode.Created);
        JsonObject again = await api.PatchAsync($"{now}/a?fieldManager=m", "application/apply-patch+yaml", Applied(written));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(stored), replaced["spec"]!["selector"]), replaced["spec"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(stored), applied["spec"]!["selector"]), applied["spec"]!.ToJsonString());
        Assert.Equal(applied.VersionOf(), again.VersionOf());
    }

    private static string Applied(string selector) => $$$"""{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"a"},"spec":{"minAvailable":1,"selector":{{{selector}}}} }""";

    [Fact]
    public async Task Budget_CanBeApplied_InTheOlderVersion()
    {
        (string old, string now) = await HomesAsync("policy", "poddisruptionbudgets");
        const string Declared = """{"apiVersion":"policy/v1beta1","kind":"PodDisruptionBudget","metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{}}}""";

        JsonObject made = await api.PatchAsync($"{old}/b?fieldManager=m", "application/apply-patch+yaml", Declared, HttpStatusCode.Created);

        Assert.Equal(("policy/v1beta1", "{}"), ((string)made["apiVersion"]!, made["spec"]!["selector"]!.ToJsonString()));
        Assert.Contains(StandIn, (await api.GetAsync($"{now}/b"))["spec"]!["selector"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(
            ["f:minAvailable", "f:selector"],
            made["metadata"]!["managedFields"]![0]!["fieldsV1"]!["f:spec"]!.AsObject().Select(field => field.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Slice_HasItsZoneAndNodeAmongTheTopology_InTheOlderVersion()
    {
        (string old, string now) = await HomesAsync("discovery.k8s.io", "endpointslices");
        await api.PostAsync(now, """
            {"metadata":{"name":"of-v1"},"addressType":"IPv4","ports":[{"name":"http","port":80}],
             "endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true},"nodeName":"n1","zone":"z1"}]}
            """);
        JsonNode shown = (await api.GetAsync($"{old}/of-v1"))["endpoints"]![0]!;
        Assert.Equal("""{"kubernetes.io/hostname":"n1","topology.kubernetes.io/zone":"z1"}""", shown["topology"]!.ToJsonString());
        Assert.False(shown.AsObject().ContainsKey("zone"));

        await api.PostAsync(old, """
            {"apiVersion":"discovery.k8s.io/v1beta1","kind":"EndpointSlice","metadata":{"name":"of-old"},"addressType":"IPv4","ports":[{"name":"http","port":80}],
             "endpoints":[{"addresses":["10.0.0.1"],"nodeName":"n1","topology":{"kubernetes.io/hostname":"n1","topology.kubernetes.io/zone":"z1","rack":"r1"}}]}
            """);
        JsonNode stored = (await api.GetAsync($"{now}/of-old"))["endpoints"]![0]!;
        Assert.Equal(("z1", """{"rack":"r1"}"""), ((string)stored["zone"]!, stored["deprecatedTopology"]!.ToJsonString()));
    }

    private async Task<(string Old, string Now)> HomesAsync(string group, string plural)
    {
        string space = await api.NewNamespaceAsync();
        return ($"/apis/{group}/v1beta1/namespaces/{space}/{plural}", $"/apis/{group}/v1/namespaces/{space}/{plural}");
    }
}
