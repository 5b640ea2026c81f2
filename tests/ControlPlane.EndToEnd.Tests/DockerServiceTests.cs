using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Containers and Services, on three nodes of one Docker Engine: each has a network and a gateway of its own.</summary>
public sealed class DockerServiceTests : IClassFixture<ThreeDockerNodes>
{
    private readonly ThreeDockerNodes docker;

    public DockerServiceTests(ThreeDockerNodes docker) => this.docker = docker;

    [Fact]
    public async Task Container_ReachesTwoServicesOnOnePortByName_WhosePodsRunOnOtherNodes()
    {
        Kubectl kubectl = await docker.Kubectl("recent").InNewAsync(docker.NewNamespace("names"));
        await StartAsync(kubectl, "front", "node-1");
        await StartAsync(kubectl, "orders", "node-2");
        await StartAsync(kubectl, "users", "node-3");
        using HttpClient client = new();
        string front = await NodePortAsync(kubectl, "front");
        async Task<string> CallAsync(string url)
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri($"{front}call?url={Uri.EscapeDataString(url)}"));
            string text = await answer.Content.ReadAsStringAsync();
            return answer.StatusCode == HttpStatusCode.OK ? text : $"{(int)answer.StatusCode} {text}";
        }

        Task AnswersAsync(string url, string node) => docker.Product.EventuallyAsync(
            $"{url} is answered by {node}", TimeSpan.FromSeconds(30), async () => await CallAsync(url) is var said && said.Contains($"\"node\":\"{node}\"", StringComparison.Ordinal) ? null : said);

        await AnswersAsync("http://orders/", "node-2");
        await AnswersAsync("http://users/", "node-3");
        await AnswersAsync($"http://users.{kubectl.Namespace}/", "node-3");
        await AnswersAsync($"http://orders.{kubectl.Namespace}.svc/", "node-2");
        await AnswersAsync($"http://orders.{kubectl.Namespace}.svc.cluster.local/", "node-2");
        Assert.StartsWith("502 ", await CallAsync("http://nobody/"), StringComparison.Ordinal);

        string networks = await docker.Engine.RunAsync("docker", "network", "ls", "--filter", "label=controlplane.dev/node", "--format", "{{.Name}}");
        Assert.Equal(["controlplane-node-1", "controlplane-node-2", "controlplane-node-3"], networks.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        await VariableLeadsToTheServiceAsync(kubectl, "orders", CallAsync);
        await kubectl.OkAsync("delete", "service,deployment", "--all");
    }

    /// <summary>A pod that is made after the Service has its address in its environment.</summary>
    private async Task VariableLeadsToTheServiceAsync(Kubectl kubectl, string service, Func<string, Task<string>> callAsync)
    {
        Deployments front = new(docker.Product, docker.Api, kubectl.Namespace);
        await kubectl.OkAsync("rollout", "restart", "deployment/front");
        await kubectl.OkAsync("rollout", "status", "deployment/front", "--timeout=60s");
        JsonNode pod = (await front.PodsAsync()).Where(one => one.Name().StartsWith("front-", StringComparison.Ordinal)).MaxBy(one => one["metadata"]!["creationTimestamp"]!.GetValue<string>())!;
        string container = pod["status"]!["containerStatuses"]![0]!["containerID"]!.GetValue<string>().Split("//")[^1];
        string environment = await docker.Engine.RunAsync("docker", "inspect", "--format", "{{join .Config.Env \"\\n\"}}", container);
        string prefix = $"{service.ToUpperInvariant()}_SERVICE_HOST=";
        string address = environment.Split('\n').Single(line => line.StartsWith(prefix, StringComparison.Ordinal))[prefix.Length..];
        Assert.StartsWith("10.", address, StringComparison.Ordinal);
        Assert.Contains("\"node\":\"node-2\"", await callAsync($"http://{address}/"), StringComparison.Ordinal);
    }

    private static async Task StartAsync(Kubectl kubectl, string name, string node)
    {
        (await kubectl.RunWithInputAsync(
            $$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}"},"spec":{"selector":{"matchLabels":{"app":"{{name}}"} },
             "template":{"metadata":{"labels":{"app":"{{name}}"} },"spec":{"nodeSelector":{"kubernetes.io/hostname":"{{node}}"},
              "containers":[{"name":"hello","image":"hello:v1","ports":[{"containerPort":8080}],
               "env":[{"name":"NODE_NAME","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"} } }],"readinessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":1} }]} } } }
            """,
            "apply", "-f", "-")).OrThrow();
        await kubectl.OkAsync("expose", "deployment", name, "--type=NodePort", "--port=80", "--target-port=8080");
        await kubectl.OkAsync("rollout", "status", $"deployment/{name}", "--timeout=60s");
    }

    private static async Task<string> NodePortAsync(Kubectl kubectl, string service) =>
        $"http://127.0.1.1:{await kubectl.OkAsync("get", "service", service, "-o", "jsonpath={.spec.ports[0].nodePort}")}/";
}

/// <summary>Three nodes on one Docker Engine.</summary>
public sealed class ThreeDockerNodes : DockerProduct
{
    protected override string Nodes => "3";
}
