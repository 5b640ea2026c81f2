using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Kubernetes' official C# client, with the kubeconfig that the product writes.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class CSharpClientTests(SharedProduct shared) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(shared.Product.Kubeconfig));
    private readonly CancellationTokenSource late = new(Patience);

    public void Dispose()
    {
        client.Dispose();
        late.Dispose();
    }

    [Fact]
    public async Task TypedObjects_AreMadeReadReplacedListedAndDeleted()
    {
        string space = await NewNamespaceAsync();
        V1ConfigMap made = await client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMapOf("one", "1"), space);
        Assert.Equal("1", (await client.CoreV1.ReadNamespacedConfigMapAsync("one", space)).Data["k"]);
        HttpOperationException twice = await Assert.ThrowsAsync<HttpOperationException>(() => client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMapOf("one", "1"), space));
        Assert.Equal((HttpStatusCode.Conflict, "AlreadyExists"), (twice.Response.StatusCode, (string)JsonNode.Parse(twice.Response.Content)!["reason"]!));

        made.Data["k"] = "2";
        V1ConfigMap replaced = await client.CoreV1.ReplaceNamespacedConfigMapAsync(made, "one", space);
        Assert.Equal("2", replaced.Data["k"]);
        HttpOperationException stale = await Assert.ThrowsAsync<HttpOperationException>(() => client.CoreV1.ReplaceNamespacedConfigMapAsync(made, "one", space));
        Assert.Equal("Conflict", (string)JsonNode.Parse(stale.Response.Content)!["reason"]!);

        await client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMapOf("two", "1"), space);
        V1ConfigMapList first = await client.CoreV1.ListNamespacedConfigMapAsync(space, labelSelector: "informed", limit: 1);
        V1ConfigMapList second = await client.CoreV1.ListNamespacedConfigMapAsync(space, labelSelector: "informed", limit: 1, continueParameter: first.Continue());
        Assert.Equal(["one", "two"], first.Items.Concat(second.Items).Select(one => one.Name()));

        Assert.Equal("Success", (await client.CoreV1.DeleteNamespacedConfigMapAsync("one", space)).Status);
        HttpOperationException missing = await Assert.ThrowsAsync<HttpOperationException>(() => client.CoreV1.ReadNamespacedConfigMapAsync("one", space));
        Assert.Equal(HttpStatusCode.NotFound, missing.Response.StatusCode);
        await client.CoreV1.DeleteCollectionNamespacedConfigMapAsync(space, labelSelector: "informed");
        Assert.Empty((await client.CoreV1.ListNamespacedConfigMapAsync(space, labelSelector: "informed")).Items);
    }

    [Fact]
    public async Task Informer_GoesOnAfterItsWatchEnds_AndListsAgainWhenItWasAwayTooLong()
    {
        string space = await NewNamespaceAsync();
        await client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMapOf("one", "1"), space);
        ConfigMapInformer informer = new(client, space);
        await informer.FollowUntilAsync("one=1", late.Token);

        Task following = informer.FollowUntilAsync("one=2 three=1", late.Token);
        await client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMapOf("two", "1"), space);
        await shared.Product.EventuallyAsync(
            "the first watch has ended, and there is another", Patience, () => Task.FromResult(informer.Watches > 1 || following.IsFaulted ? null : informer.Seen));
        await client.CoreV1.DeleteNamespacedConfigMapAsync("two", space);
        await client.CoreV1.ReplaceNamespacedConfigMapAsync(ConfigMapOf("one", "2"), "one", space);
        await client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMapOf("three", "1"), space);
        await following;
        Assert.Equal(1, informer.Lists);

        informer.ContinueFrom("1");
        await client.CoreV1.DeleteNamespacedConfigMapAsync("one", space);
        await informer.FollowUntilAsync("three=1", late.Token);
    }

    [Fact]
    public async Task Deployment_IsPatchedAppliedScaledAndItsStatusReplaced()
    {
        string space = await NewNamespaceAsync();
        V1Deployment made = await client.AppsV1.CreateNamespacedDeploymentAsync(DeploymentOf("web"), space);
        Assert.Equal(("25%", 600), (made.Spec.Strategy.RollingUpdate.MaxSurge.Value, made.Spec.ProgressDeadlineSeconds));

        V1Deployment patched = await PatchAsync(space, """[{"op":"add","path":"/metadata/labels/json","value":"yes"}]""", V1Patch.PatchType.JsonPatch);
        patched = await PatchAsync(space, """{"metadata":{"labels":{"merge":"yes","json":null}}}""", V1Patch.PatchType.MergePatch);
        Assert.Equal(["app", "merge"], patched.Labels().Keys.Order(StringComparer.Ordinal));
        patched = await PatchAsync(
            space, """{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}""", V1Patch.PatchType.StrategicMergePatch);
        Assert.Equal(("hello:v1", "A"), (patched.Spec.Template.Spec.Containers.Single().Image, patched.Spec.Template.Spec.Containers.Single().Env.Single().Name));
        Assert.Equal(2, patched.Metadata.Generation);

        const string wish = """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"merge":"mine"}}}""";
        HttpOperationException conflict = await Assert.ThrowsAsync<HttpOperationException>(() => PatchAsync(space, wish, V1Patch.PatchType.ApplyPatch, "csharp"));
        Assert.Contains(".metadata.labels.merge", conflict.Response.Content, StringComparison.Ordinal);
        patched = await PatchAsync(space, wish, V1Patch.PatchType.ApplyPatch, "csharp", force: true);
        Assert.Equal("mine", patched.Labels()["merge"]);
        Assert.Contains(patched.Metadata.ManagedFields, fields => fields is { Manager: "csharp", Operation: "Apply" });

        V1Scale scale = await client.AppsV1.ReadNamespacedDeploymentScaleAsync("web", space);
        scale.Spec.Replicas = 1;
        scale = await client.AppsV1.ReplaceNamespacedDeploymentScaleAsync(scale, "web", space);
        Assert.Equal((1, "app=web"), (scale.Spec.Replicas, scale.Status.Selector));
        await shared.Product.EventuallyAsync("the pod is available", Patience, async () =>
        {
            V1Deployment read = await client.AppsV1.ReadNamespacedDeploymentStatusAsync("web", space);
            return read.Status.AvailableReplicas == 1 ? null : $"{read.Status.Replicas} replicas, {read.Status.ReadyReplicas} ready";
        });

        V1Namespace home = await client.CoreV1.ReadNamespaceAsync(space);
        Assert.Equal("Active", home.Status.Phase);
        await client.AppsV1.DeleteNamespacedDeploymentAsync("web", space, propagationPolicy: "Foreground");
        await shared.Product.EventuallyAsync("its pods are gone", Patience, async () =>
            (await client.CoreV1.ListNamespacedPodAsync(space)).Items is { Count: > 0 } left ? $"{left.Count} pods" : null);
    }

    [Fact]
    public async Task Pod_IsReadAndExecutedIn()
    {
        string space = await NewNamespaceAsync();
        V1PodSpec spec = DeploymentOf("web").Spec.Template.Spec;
        await client.CoreV1.CreateNamespacedPodAsync(new V1Pod { Metadata = new V1ObjectMeta { Name = "web" }, Spec = spec }, space);
        await BecomesReadyAsync(space);

        using (Stream log = await client.CoreV1.ReadNamespacedPodLogAsync("web", space, tailLines: 1))
        using (StreamReader reader = new(log))
        {
            Assert.NotEqual("", await reader.ReadToEndAsync(late.Token));
        }

        Assert.Equal((3, "got in\n"), await ExecuteAsync(space, "read line; echo got $line; exit 3", "in\n").WaitAsync(Patience));
        int port = spec.Containers[0].Ports[0].ContainerPort;
        Assert.Equal("HTTP/1.1 200 OK", await ForwardAsync(space, port).WaitAsync(Patience));
        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => ForwardAsync(space, 0));
        Assert.Contains("400", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Its own protocol: the ports are in the query, and each has two channels of one WebSocket, which begin with the port's number.</summary>
    private async Task<string> ForwardAsync(string space, int port)
    {
        using WebSocket socket = await client.WebSocketNamespacedPodPortForwardAsync("web", space, [port], "v4.channel.k8s.io", cancellationToken: late.Token);
        using StreamDemuxer demuxer = new(socket, StreamType.PortForward);
        demuxer.Start();
        using Stream stream = demuxer.GetStream((byte?)0, (byte?)0);
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"), late.Token);
        using StreamReader reader = new(stream);
        return await reader.ReadLineAsync(late.Token) ?? "";
    }

    private async Task<(int Code, string Output)> ExecuteAsync(string space, string script, string input)
    {
        string output = "";
        int code = await client.NamespacedPodExecAsync("web", space, "web", ["sh", "-c", script], false, async (stdin, stdout, _) =>
        {
            await stdin.WriteAsync(Encoding.UTF8.GetBytes(input), late.Token);
            using StreamReader reader = new(stdout, leaveOpen: true);
            output = await reader.ReadToEndAsync(late.Token);
        }, late.Token);
        return (code, output);
    }

    private async Task BecomesReadyAsync(string space)
    {
        await foreach ((_, V1Pod pod) in client.CoreV1.WatchListNamespacedPodAsync(space, fieldSelector: "metadata.name=web", cancellationToken: late.Token))
        {
            if (pod.Status?.Conditions?.Any(one => one is { Type: "Ready", Status: "True" }) == true)
            {
                return;
            }
        }

        Assert.Fail("the watch ended before the pod was ready");
    }

    private Task<V1Deployment> PatchAsync(string space, string body, V1Patch.PatchType type, string? manager = null, bool? force = null) =>
        client.AppsV1.PatchNamespacedDeploymentAsync(new V1Patch(body, type), "web", space, fieldManager: manager, force: force);

    private async Task<string> NewNamespaceAsync()
    {
        string name = shared.NewNamespace("csharp");
        await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = name } });
        return name;
    }

    private static V1ConfigMap ConfigMapOf(string name, string value) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["informed"] = "yes" } },
        Data = new Dictionary<string, string> { ["k"] = value },
    };

    private static V1Deployment DeploymentOf(string name)
    {
        Dictionary<string, string> labels = new() { ["app"] = name };
        V1Container container = new()
        {
            Name = name,
            Image = "hello:v1",
            Ports = [new V1ContainerPort { ContainerPort = 8080 }],
            ReadinessProbe = new V1Probe { HttpGet = new V1HTTPGetAction { Path = "/healthz", Port = 8080 }, PeriodSeconds = 1, TimeoutSeconds = 5 },
        };
        return new V1Deployment
        {
            Metadata = new V1ObjectMeta { Name = name, Labels = labels },
            Spec = new V1DeploymentSpec
            {
                Replicas = 0,
                Selector = new V1LabelSelector { MatchLabels = labels },
                Template = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = labels }, Spec = new V1PodSpec { Containers = [container], TerminationGracePeriodSeconds = 1 } },
            },
        };
    }
}
