using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Containers and Services, on three nodes of one Docker Engine: each has a network and a gateway of its own.</summary>
[Collection(OwnProduct.Name)]
public sealed class DockerServiceTests : IClassFixture<ThreeDockerNodes>
{
    /// <summary>Between the requests to one gateway: the pods need the processors to start.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

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
            $"{url} is answered by {node}", TimeSpan.FromSeconds(90), async () => await CallAsync(url) is var said && said.Contains($"\"node\":\"{node}\"", StringComparison.Ordinal) ? null : said);

        await AnswersAsync("http://orders/", "node-2");
        await AnswersAsync("http://users/", "node-3");
        await AnswersAsync($"http://users.{kubectl.Namespace}/", "node-3");
        await AnswersAsync($"http://orders.{kubectl.Namespace}.svc/", "node-2");
        await AnswersAsync($"http://orders.{kubectl.Namespace}.svc.cluster.local/", "node-2");
        Assert.StartsWith("502 ", await CallAsync("http://nobody/"), StringComparison.Ordinal);

        // A headless Service: the pod's own address and its container's port, from another node.
        await kubectl.OkAsync("expose", "deployment", "users", "--name=peers", "--cluster-ip=None", "--port=80", "--target-port=8080");
        await AnswersAsync("http://peers:8080/", "node-3");

        string networks = await docker.Engine.RunAsync("docker", "network", "ls", "--filter", "label=controlplane.dev/node", "--format", "{{.Name}}");
        Assert.Equal(["controlplane-node-1", "controlplane-node-2", "controlplane-node-3"], networks.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        await VariableLeadsToTheServiceAsync(kubectl, "orders", CallAsync);
        await kubectl.OkAsync("delete", "service,deployment", "--all");
    }

    /// <summary>Every request has a connection of its own, so that the client cannot send one again unnoticed.</summary>
    [Fact]
    public async Task Canary_PromotedUnderTrafficThroughAllGateways_LosesNoRequest()
    {
        Kubectl kubectl = await docker.Kubectl("1.20").InNewAsync(docker.NewNamespace("canary"));
        Deployments hello = new(docker.Product, docker.Api, kubectl.Namespace);
        string path = $"/apis/apps/v1/namespaces/{kubectl.Namespace}/deployments/hello";
        string two = (await File.ReadAllTextAsync(Clone.Example("hello.yaml"))).Replace("replicas: 3", "replicas: 2", StringComparison.Ordinal);
        (await kubectl.RunWithInputAsync($"{two}---\n{Half}", "apply", "-f", "-")).OrThrow();
        await kubectl.OkAsync("expose", "deployment", "hello", "--type=NodePort", "--port=80", "--target-port=http");
        await hello.BecomeReadyAsync(2);
        string port = await kubectl.OkAsync("get", "service", "hello", "-o", "jsonpath={.spec.ports[0].nodePort}");
        Uri[] gateways = [.. Enumerable.Range(1, 3).Select(node => new Uri($"http://127.0.1.{node}:{port}/"))];
        await docker.Product.EventuallyAsync(
            "every gateway answers", TimeSpan.FromSeconds(90), async () => await Task.WhenAll(gateways.Select(AskAsync)) is var said && said.All(answer => answer == "v1") ? null : string.Join(' ', said));

        using CancellationTokenSource enough = new();
        Task<List<string>[]> load = Task.WhenAll(gateways.Select(gateway => LoadAsync(gateway, enough.Token)));
        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        await WaitsAtAsync(path, 50);
        Assert.Matches(@"Phase:\s+WaitingForPromotion", await kubectl.OkAsync("describe", "rolloutpolicy", "half"));
        Answer promoted = await docker.Api.SendAsync(HttpMethod.Post, path + "/promote", "");
        Assert.True(promoted.Code == 201, promoted.Text);
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(2);
        await enough.CancelAsync();

        List<string>[] answers = await load;
        Assert.All(answers, answered => Assert.True(answered.Count > 50, $"only {answered.Count} requests"));
        Assert.All(answers, answered => Assert.Equal(["v1", "v2"], answered.Distinct().Order(StringComparer.Ordinal)));
        await LocalImageIsNotPinnedAsync(kubectl, path);
        await kubectl.OkAsync("delete", "service,deployment,rolloutpolicy", "--all");
    }

    /// <summary>An image that was made here and never pushed has an id, and no registry's digest by which another node could get it.</summary>
    private async Task LocalImageIsNotPinnedAsync(Kubectl kubectl, string path)
    {
        Kubectl staging = await kubectl.InNewAsync(docker.NewNamespace("staging"));
        await staging.OkAsync("create", "deployment", "hello", "--image=hello:v1", "--replicas=0");
        string local = await docker.Engine.RunAsync("docker", "image", "inspect", "--format", "{{.Id}} {{.RepoDigests}}", "hello:v2");
        Assert.Matches(@"^sha256:\w{64} \[\]\s*$", local);

        Answer refused = await docker.Api.SendAsync(HttpMethod.Post, path + "/promote-to", $$"""{"toNamespace":"{{staging.Namespace}}"}""");
        Answer carried = await docker.Api.SendAsync(HttpMethod.Post, path + "/promote-to?dryRun=All", $$"""{"toNamespace":"{{staging.Namespace}}","allowTags":true}""");

        Assert.Equal(409, refused.Code);
        Assert.Contains("container hello of revision 2 runs hello:v2, of which no registry's digest is known", refused.Text, StringComparison.Ordinal);
        Assert.Equal("hello:v2", (string)carried.Json["images"]![0]!["to"]!);
        await staging.OkAsync("delete", "deployment", "hello");
    }

    private const string Half = """
        {"apiVersion":"rollouts.controlplane.dev/v1","kind":"RolloutPolicy","metadata":{"name":"half"},
         "spec":{"targetRef":{"name":"hello"},"strategy":{"type":"Canary","canary":{"service":"hello","steps":[{"setWeight":50},{"pause":{}}]}}}}
        """;

    private Task<TimeSpan> WaitsAtAsync(string path, decimal weight) => docker.Product.EventuallyAsync(
        $"the canary waits at {weight} %",
        TimeSpan.FromSeconds(90),
        async () => await docker.Api.GetAsync(path + "/rollout") is var view && (decimal?)view["strategy"]?["weight"] == weight && (string?)view["strategy"]!["phase"] == "WaitingForPromotion"
            ? null
            : view.ToJsonString());

    private static async Task<List<string>> LoadAsync(Uri gateway, CancellationToken enough)
    {
        List<string> answers = [];
        while (!enough.IsCancellationRequested)
        {
            answers.Add(await AskAsync(gateway));
            await Task.Delay(Pace, CancellationToken.None);
        }

        return answers;
    }

    /// <summary>The version that answers, or what went wrong.</summary>
    private static async Task<string> AskAsync(Uri gateway)
    {
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        try
        {
            using HttpResponseMessage response = await client.GetAsync(gateway);
            string body = await response.Content.ReadAsStringAsync();
            return response.IsSuccessStatusCode ? (string)JsonNode.Parse(body)!["version"]! : $"{(int)response.StatusCode} {body}";
        }
        catch (HttpRequestException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>A pod that is made after the Service has its address in its environment.</summary>
    private async Task VariableLeadsToTheServiceAsync(Kubectl kubectl, string service, Func<string, Task<string>> callAsync)
    {
        Deployments front = new(docker.Product, docker.Api, kubectl.Namespace);
        await kubectl.OkAsync("rollout", "restart", "deployment/front");
        await kubectl.OkAsync("rollout", "status", "deployment/front", "--timeout=150s");
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
               "env":[{"name":"NODE_NAME","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"} } }],"readinessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":1,"timeoutSeconds":5} }]} } } }
            """,
            "apply", "-f", "-")).OrThrow();
        await kubectl.OkAsync("expose", "deployment", name, "--type=NodePort", "--port=80", "--target-port=8080");
        await kubectl.OkAsync("rollout", "status", $"deployment/{name}", "--timeout=150s");
    }

    private static async Task<string> NodePortAsync(Kubectl kubectl, string service) =>
        $"http://127.0.1.1:{await kubectl.OkAsync("get", "service", service, "-o", "jsonpath={.spec.ports[0].nodePort}")}/";
}

/// <summary>Three nodes on one Docker Engine.</summary>
public sealed class ThreeDockerNodes : DockerProduct
{
    protected override string Nodes => "3";
}
