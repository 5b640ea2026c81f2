using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Pods and Services reached through the API, by <c>kubectl get --raw</c> and through <c>kubectl proxy</c>.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class ProxyTests(SharedProduct shared)
{
    private const string Web =
        """
        {"apiVersion": "v1", "kind": "List", "items": [
          {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "hello:v1",
           "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9}], "env": [{"name": "POD_NAME", "value": "web"}],
           "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "timeoutSeconds": 5}}]}},
          {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}]}
        """;

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Proxy_ReachesPodsAndServices_AndSaysWhyOneCannotBeReached(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("proxy"));
        (await kubectl.RunWithInputAsync(Web, "create", "-f", "-")).OrThrow();
        await kubectl.OkAsync("wait", "--for=condition=Ready", "pod/web", "--timeout=150s");
        string home = $"/api/v1/namespaces/{kubectl.Namespace}";

        Assert.Equal("web", PodOf(await kubectl.OkAsync("get", "--raw", $"{home}/pods/web:8080/proxy/")));
        Assert.Equal("web", PodOf(await kubectl.OkAsync("get", "--raw", $"{home}/pods/web/proxy/")));
        CommandResult refused = await kubectl.RunAsync("get", "--raw", $"{home}/pods/web:9/proxy/");
        Assert.Contains("error trying to reach service", refused.Errors, StringComparison.Ordinal);

        await using KubectlProxy proxy = await KubectlProxy.StartAsync(kubectl);
        using HttpClient http = new() { BaseAddress = proxy.Address };
        await shared.Product.EventuallyAsync("the Service has an endpoint", TimeSpan.FromSeconds(90), async () =>
        {
            using HttpResponseMessage answer = await http.GetAsync($"{home}/services/web:80/proxy/");
            return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync();
        });
        Assert.Equal("web", PodOf(await http.GetStringAsync($"{home}/services/web:http/proxy")));
        Assert.Equal("web", PodOf(await http.GetStringAsync($"{home}/pods/web:8080/proxy/")));
        using HttpResponseMessage none = await http.GetAsync($"{home}/services/web:443/proxy/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, none.StatusCode);
        Assert.Equal("Status", (string)JsonNode.Parse(await none.Content.ReadAsStringAsync())!["kind"]!);
    }

    private static string PodOf(string answer) => (string)JsonNode.Parse(answer)!["pod"]!;
}
