using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Services;

[Collection(ApiCollection.Name)]
public sealed class ServiceTests(ApiServer api)
{
    [Fact]
    public async Task Create_WithoutAddresses_GivesThemOut_AndAnUpdateKeepsThem()
    {
        string home = await HomeAsync();

        JsonObject made = await api.PostAsync(home, Body("web", "NodePort"));
        string address = (string)made["spec"]!["clusterIP"]!;
        int port = (int)made["spec"]!["ports"]![0]!["nodePort"]!;
        JsonObject sent = JsonNode.Parse(Body("web", "NodePort"))!.AsObject();
        sent["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
        JsonObject updated = await api.PutAsync($"{home}/web", sent);

        Assert.StartsWith("127.96.", address, StringComparison.Ordinal);
        Assert.InRange(port, 30000, 32767);
        Assert.Equal((address, port), ((string)updated["spec"]!["clusterIP"]!, (int)updated["spec"]!["ports"]![0]!["nodePort"]!));
        Assert.Equal("{\"loadBalancer\":{}}", updated["status"]!.ToJsonString());
    }

    [Fact]
    public async Task Create_WithANodePortThatIsTaken_IsA422_AndFreeAgainOnceItsServiceIsGone()
    {
        string home = await HomeAsync();
        JsonObject first = await api.PostAsync(home, Body("first", "NodePort"));
        int port = (int)first["spec"]!["ports"]![0]!["nodePort"]!;

        JsonObject refused = await api.PostAsync(home, Body("second", "NodePort", port), HttpStatusCode.UnprocessableEntity);
        Assert.Equal("spec.ports[0].nodePort", (string)refused["details"]!["causes"]![0]!["field"]!);
        Assert.Contains("provided port is already allocated", (string)refused["message"]!, StringComparison.Ordinal);

        // Nothing reconciles here: the allocation is still there, and changes hands.
        await api.DeleteAsync($"{home}/first");
        JsonObject second = await api.PostAsync(home, Body("second", "NodePort", port));
        Assert.Equal(port, (int)second["spec"]!["ports"]![0]!["nodePort"]!);
    }

    [Fact]
    public async Task Create_ManyAtOnce_GivesNothingOutTwice()
    {
        string home = await HomeAsync();

        JsonObject[] made = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => api.PostAsync(home, Body($"s{i}", "NodePort"))));

        Assert.Equal(40, made.Select(service => (string)service["spec"]!["clusterIP"]!).Distinct().Count());
        Assert.Equal(40, made.Select(service => (int)service["spec"]!["ports"]![0]!["nodePort"]!).Distinct().Count());
    }

    [Fact]
    public async Task Patch_ToClusterIP_ReleasesTheNodePort()
    {
        string home = await HomeAsync();
        JsonObject made = await api.PostAsync(home, Body("web", "NodePort"));
        int port = (int)made["spec"]!["ports"]![0]!["nodePort"]!;

        await api.PatchAsync($"{home}/web", "application/merge-patch+json", """{"spec":{"type":"ClusterIP","ports":[{"port":80}]}}""");

        await api.PostAsync(home, Body("other", "NodePort", port));
    }

    /// <summary>What <c>kubectl apply</c> sends when a manifest's type has changed: nothing of the port that was chosen.</summary>
    [Fact]
    public async Task Patch_OfTheTypeAlone_GivesTheNodePortsUp()
    {
        string home = await HomeAsync();
        JsonObject made = await api.PostAsync(home, Body("web", "NodePort"));
        int port = (int)made["spec"]!["ports"]![0]!["nodePort"]!;

        JsonObject patched = await api.PatchAsync($"{home}/web", "application/strategic-merge-patch+json", """{"spec":{"type":"ClusterIP"}}""");

        Assert.Equal((null, null), ((int?)patched["spec"]!["ports"]![0]!["nodePort"], (string?)patched["spec"]!["externalTrafficPolicy"]));
        await api.PostAsync(home, Body("other", "NodePort", port));
        await api.PostAsync(home, Body("more", "NodePort"));
        JsonObject more = await api.PatchAsync($"{home}/more", "application/strategic-merge-patch+json", """{"spec":{"type":"ClusterIP","ports":[{"port":8080,"name":"more"},{"port":80,"name":"web"}]}}""");
        Assert.All(more["spec"]!["ports"]!.AsArray(), one => Assert.Null(one!["nodePort"]));
        JsonObject refused = await api.PatchAsync(
            $"{home}/other", "application/merge-patch+json", """{"spec":{"type":"ClusterIP","ports":[{"port":80,"nodePort":30001}]}}""", HttpStatusCode.UnprocessableEntity);
        Assert.Equal("spec.ports[0].nodePort", (string)refused["details"]!["causes"]![0]!["field"]!);
    }

    [Fact]
    public async Task DryRun_ShowsAnAddress_AndTakesNone()
    {
        string home = await HomeAsync();

        JsonObject shown = await api.PostAsync($"{home}?dryRun=All", Body("web", "NodePort", 30007));

        Assert.StartsWith("127.96.", (string)shown["spec"]!["clusterIP"]!, StringComparison.Ordinal);
        await api.DeleteAsync($"{home}/{(await api.PostAsync(home, Body("other", "NodePort", 30007))).NameOf()}");
    }

    [Fact]
    public async Task Tables_ReadAsInKubectl()
    {
        string home = await HomeAsync();
        await api.PostAsync(home, """{"metadata":{"name":"web"},"spec":{"clusterIP":"None","selector":{"app":"web","tier":"a"},"ports":[{"name":"a","port":80},{"name":"b","port":81}]}}""");
        await api.PostAsync(
            home.Replace("services", "endpoints", StringComparison.Ordinal),
            """{"metadata":{"name":"web"},"subsets":[{"addresses":[{"ip":"127.0.0.1"},{"ip":"127.0.0.2"},{"ip":"127.0.0.3"},{"ip":"127.0.0.4"}],"ports":[{"port":8080}]}]}""");
        await api.PostAsync(
            home.Replace("/api/v1", "/apis/discovery.k8s.io/v1", StringComparison.Ordinal).Replace("services", "endpointslices", StringComparison.Ordinal),
            """{"metadata":{"name":"web-1","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4","endpoints":[{"addresses":["127.0.0.1"]}],"ports":[{"port":8080}]}""");

        Assert.Equal(["web", "ClusterIP", "None", "<none>", "80/TCP,81/TCP", "app=web,tier=a"], await RowAsync(home));
        Assert.Equal(["web", "127.0.0.1:8080,127.0.0.2:8080,127.0.0.3:8080 + 1 more..."], await RowAsync(home.Replace("services", "endpoints", StringComparison.Ordinal)));
        Assert.Equal(
            ["web-1", "IPv4", "8080", "127.0.0.1"],
            await RowAsync(home.Replace("/api/v1", "/apis/discovery.k8s.io/v1", StringComparison.Ordinal).Replace("services", "endpointslices", StringComparison.Ordinal)));
    }

    private async Task<string[]> RowAsync(string path)
    {
        JsonObject table = await api.SendAsync(HttpMethod.Get, path, null, HttpStatusCode.OK, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        string[] columns = [.. table["columnDefinitions"]!.AsArray().Select(column => (string)column!["name"]!)];
        JsonArray cells = table["rows"]!.AsArray().Single()!["cells"]!.AsArray();
        return [.. cells.Where((_, index) => columns[index] != "Age").Select(cell => cell!.ToString())];
    }

    private async Task<string> HomeAsync() => $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/services";

    private static string Body(string name, string type, int nodePort = 0) => $$"""
        {"metadata":{"name":"{{name}}"},"spec":{"type":"{{type}}","selector":{"app":"{{name}}"},"ports":[{"port":80,"nodePort":{{nodePort}} }]} }
        """;
}
