using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>A Service as its clients see it: requests to a node's port.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class GatewayTests(SharedProduct shared)
{
    private const int Replicas = 3;

    /// <summary>The requests that must have been answered after the rollout, before the test looks at who answered.</summary>
    private const int RequestsAfter = 60;

    /// <summary>Between the requests of one client: agents, probes and new pods need the processors, too.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(3);

    [Fact]
    public async Task NewImage_UnderLoadAtANodePort_LosesNoRequest()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("gateway"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await kubectl.OkAsync("expose", "deployment", "hello", "--type", "NodePort", "--port", "80", "--target-port", "8080");
        await hello.BecomeReadyAsync(Replicas);
        Uri url = new($"http://127.0.1.1:{await kubectl.OkAsync("get", "service", "hello", "-o", "jsonpath={.spec.ports[0].nodePort}")}/");
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        await shared.Product.EventuallyAsync(
            "the node port is served", TimeSpan.FromSeconds(90), async () => await AskAsync(client, url, closes: true) is var answer && answer == "v1" ? null : answer);

        ConcurrentQueue<string> answers = new();
        using CancellationTokenSource enough = new();
        Task load = Task.WhenAll(LoadAsync(url, closes: false, answers, enough.Token), LoadAsync(url, closes: true, answers, enough.Token));
        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(Replicas);
        int during = answers.Count;
        await shared.Product.EventuallyAsync(
            "requests after the rollout",
            TimeSpan.FromSeconds(90),
            () => Task.FromResult(answers.Count >= during + RequestsAfter ? null : $"{answers.Count - during} so far"));
        await enough.CancelAsync();
        await load;

        Assert.Equal(["v1", "v2"], answers.Distinct().Order(StringComparer.Ordinal));

        // Two were on their way when the rollout was seen to be over.
        Assert.All(answers.Skip(during + 2), answer => Assert.Equal("v2", answer));
        await kubectl.OkAsync("delete", "deployment,service", "hello");
    }

    /// <summary>In its node's network a pod listens on the port that it names, on its node's address, and its Service leads there.</summary>
    [Fact]
    public async Task PodInItsNodesNetwork_IsReachedThroughItsService_AtThePortThatItNames()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("host-network"));
        int port = FreePort();
        JsonNode deployment = JsonNode.Parse(await kubectl.OkAsync("create", "-f", Clone.Example("hello.yaml"), "--dry-run=client", "-o", "json"))!;
        deployment["spec"]!["replicas"] = 1;
        JsonObject spec = deployment["spec"]!["template"]!["spec"]!.AsObject();
        spec["hostNetwork"] = true;
        spec["containers"]![0]!["ports"] = JsonNode.Parse($$"""[{"name":"http","containerPort":{{port}}}]""");
        (await kubectl.RunWithInputAsync(deployment.ToJsonString(), "create", "-f", "-")).OrThrow();
        await kubectl.OkAsync("expose", "deployment", "hello", "--type", "NodePort", "--port", "80", "--target-port", "http");
        await new Deployments(shared.Product, shared.Api, kubectl.Namespace).BecomeReadyAsync(1);

        string node = await kubectl.OkAsync("get", "pods", "-o", "jsonpath={.items[0].status.hostIP}");
        Assert.Equal($"{node}:{port}", await kubectl.OkAsync("get", "endpoints", "hello", "-o", "jsonpath={.subsets[0].addresses[0].ip}:{.subsets[0].ports[0].port}"));
        Uri url = new($"http://127.0.1.1:{await kubectl.OkAsync("get", "service", "hello", "-o", "jsonpath={.spec.ports[0].nodePort}")}/");
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        await shared.Product.EventuallyAsync(
            "the node port is served", TimeSpan.FromSeconds(90), async () => await AskAsync(client, url, closes: true) is var answer && answer == "v1" ? null : answer);
        await kubectl.OkAsync("delete", "deployment,service", "hello");
    }

    /// <summary>On all of the nodes' addresses, for the pod may be put on any.</summary>
    private static int FreePort()
    {
        using Socket any = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        any.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)any.LocalEndPoint!).Port;
    }

    /// <summary>The program exits at once on SIGTERM, and takes part in the endpoints until its liveness probe fails.</summary>
    [Fact]
    public async Task LivenessFails_UnderLoadAtANodePort_RestartsTheContainerAndLosesNoRequest()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("liveness"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        JsonNode deployment = JsonNode.Parse(await kubectl.OkAsync("create", "-f", Clone.Example("hello.yaml"), "--dry-run=client", "-o", "json"))!;
        JsonObject container = deployment["spec"]!["template"]!["spec"]!["containers"]![0]!.AsObject();
        container["startupProbe"] = JsonNode.Parse("""{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":1,"failureThreshold":60,"timeoutSeconds":5}""");
        container["livenessProbe"] = JsonNode.Parse("""{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":1,"failureThreshold":2,"timeoutSeconds":5}""");
        container.Remove("readinessProbe");
        (await kubectl.RunWithInputAsync(deployment.ToJsonString(), "create", "-f", "-")).OrThrow();
        await kubectl.OkAsync("expose", "deployment", "hello", "--type", "NodePort", "--port", "80", "--target-port", "8080");
        await hello.BecomeReadyAsync(Replicas);
        Uri url = new($"http://127.0.1.1:{await kubectl.OkAsync("get", "service", "hello", "-o", "jsonpath={.spec.ports[0].nodePort}")}/");
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        await shared.Product.EventuallyAsync(
            "the node port is served", TimeSpan.FromSeconds(90), async () => await AskAsync(client, url, closes: true) is var answer && answer == "v1" ? null : answer);
        string pod = await kubectl.OkAsync("get", "endpoints", "hello", "-o", "jsonpath={.subsets[0].addresses[0].ip}:{.subsets[0].ports[0].port}");

        ConcurrentQueue<string> answers = new();
        using CancellationTokenSource enough = new();
        Task load = Task.WhenAll(LoadAsync(url, closes: false, answers, enough.Token), LoadAsync(url, closes: true, answers, enough.Token));
        using HttpResponseMessage told = await client.PostAsync(new Uri($"http://{pod}/fail-readiness"), content: null);
        await shared.Product.EventuallyAsync(
            "its container has been restarted",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[0].restartCount}") is var restarts && restarts.Contains('1') ? null : restarts);
        await hello.BecomeReadyAsync(Replicas);
        await enough.CancelAsync();
        await load;

        Assert.Equal(["v1"], answers.Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("failed liveness probe, will be restarted", await kubectl.OkAsync("get", "events"), StringComparison.Ordinal);
        await kubectl.OkAsync("delete", "deployment,service", "hello");
    }

    /// <summary>Nobody waits the whole drain time for the word of a gateway that is dead.</summary>
    [Fact]
    public async Task GatewayKilled_ServesAgain_AndAPodIsStoppedOnceItsLeaseIsOver()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("gateway-kill"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await kubectl.OkAsync("expose", "deployment", "hello", "--type", "NodePort", "--port", "80", "--target-port", "8080");
        await hello.BecomeReadyAsync(Replicas);
        string clusterIP = await kubectl.OkAsync("get", "service", "hello", "-o", "jsonpath={.spec.clusterIP}");
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        Uri[] urls =
        [
            new($"http://127.0.1.1:{await kubectl.OkAsync("get", "service", "hello", "-o", "jsonpath={.spec.ports[0].nodePort}")}/"),
            new($"http://{clusterIP}/"),
        ];
        await AllServeAsync();

        shared.Product.Kill("gateway-1");
        await AllServeAsync();
        string pod = (await kubectl.OkAsync("get", "pods", "-o", "jsonpath={.items[0].metadata.name}")).Trim();
        await kubectl.OkAsync("delete", "pod", pod, "--wait=false");
        await shared.Product.EventuallyAsync(
            "the pod is stopped", TimeSpan.FromSeconds(28), async () => (await kubectl.OkAsync("get", "pods", "-o", "name")).Contains(pod, StringComparison.Ordinal) ? "still there" : null);

        Assert.DoesNotContain("DrainTimeout", await kubectl.OkAsync("get", "events"), StringComparison.Ordinal);
        await kubectl.OkAsync("delete", "deployment,service", "hello");

        Task AllServeAsync() => shared.Product.EventuallyAsync(
            "node port and cluster address are served",
            TimeSpan.FromSeconds(90),
            async () =>
            {
                string[] answers = await Task.WhenAll(urls.Select(url => AskAsync(client, url, closes: true)));
                return answers.All(answer => answer == "v1") ? null : string.Join("; ", answers);
            });
    }

    private static async Task LoadAsync(Uri url, bool closes, ConcurrentQueue<string> answers, CancellationToken enough)
    {
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        while (!enough.IsCancellationRequested)
        {
            answers.Enqueue(await AskAsync(client, url, closes));
            await Task.Delay(Pace, CancellationToken.None);
        }
    }

    /// <summary>The version that answered, or what went wrong.</summary>
    private static async Task<string> AskAsync(HttpClient client, Uri url, bool closes)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, url);
            request.Headers.ConnectionClose = closes;
            using HttpResponseMessage response = await client.SendAsync(request);
            string body = await response.Content.ReadAsStringAsync();
            return response.IsSuccessStatusCode ? JsonNode.Parse(body)!["version"]!.GetValue<string>() : $"{(int)response.StatusCode} {body}";
        }
        catch (HttpRequestException failure)
        {
            return failure.Message;
        }
    }
}
