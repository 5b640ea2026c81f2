using System.Net;
using System.Text.Json;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>What is done to a Deployment behind a Service, and to the nodes below it, while requests are sent. Each ends when the Deployment is whole again.</summary>
internal sealed class UnderLoadActs(Rig rig)
{
    public const int Replicas = 6;

    private const int FewReplicas = 2;
    private const int ManyReplicas = 8;
    private const string Name = "hello";
    private const string Services = "/api/v1/namespaces/default/services";
    private const string Budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    private const string MergePatch = "application/merge-patch+json";
    private const string StrategicPatch = "application/strategic-merge-patch+json";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private int version = 1;
    private int turn;

    /// <summary>Starts the Deployment, its Service and its disruption budget.</summary>
    /// <returns>The addresses of the Service, which all answer: its node port on each node, and its cluster address.</returns>
    public async Task<IReadOnlyList<IPEndPoint>> DeployAsync(CancellationToken cancellationToken)
    {
        await rig.Client.SendAsync(HttpMethod.Post, Client.Deployments, Deployment, "application/json", cancellationToken);
        await rig.Client.SendAsync(HttpMethod.Post, Budgets, Budget, "application/json", cancellationToken);
        using JsonDocument service = JsonDocument.Parse(await rig.Client.SendAsync(HttpMethod.Post, Services, Service, "application/json", cancellationToken));
        JsonElement spec = service.RootElement.GetProperty("spec");
        int nodePort = spec.GetProperty("ports")[0].GetProperty("nodePort").GetInt32();
        await WholeAsync(Replicas, cancellationToken);
        IReadOnlyList<IPEndPoint> targets =
        [
            .. rig.RealNodes.Select(node => new IPEndPoint(IPAddress.Parse(node.Address), nodePort)),
            new IPEndPoint(IPAddress.Parse(spec.GetProperty("clusterIP").GetString()!), 80),
        ];
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        foreach (IPEndPoint target in targets)
        {
            while (!await AnswersAsync(http, target, cancellationToken))
            {
                await Task.Delay(PollInterval, cancellationToken);
            }
        }

        return targets;
    }

    /// <summary>In the order in which they are done.</summary>
    public IEnumerable<(string Name, Func<CancellationToken, Task> Act)> All()
    {
        RealNode node = rig.RealNodes[turn++ % rig.RealNodes.Count];
        yield return ("rolling update", RollAsync);
        yield return ("another at once", RollAsync);
        yield return ("scale to 2, to 8, to 6", ScaleAsync);
        yield return ("a node drained", token => DrainAsync(node, token));
        yield return ("a gateway replaced", node.ReplaceGatewayAsync);
        yield return ("an agent replaced", token => ReplaceAgentAsync(node, token));
    }

    private async Task RollAsync(CancellationToken cancellationToken)
    {
        version++;
        string patch = $$$$"""{"spec":{"template":{"spec":{"containers":[{"name":"hello","image":"hello:v{{{{version}}}}"}]} } } }""";
        await rig.Client.SendAsync(HttpMethod.Patch, $"{Client.Deployments}/{Name}", patch, StrategicPatch, cancellationToken);
        await WholeAsync(Replicas, cancellationToken);
    }

    private async Task ScaleAsync(CancellationToken cancellationToken)
    {
        foreach (int replicas in new[] { FewReplicas, ManyReplicas, Replicas })
        {
            await rig.Client.SendAsync(HttpMethod.Patch, $"{Client.Deployments}/{Name}", $$$"""{"spec":{"replicas":{{{replicas}}}}}""", MergePatch, cancellationToken);
            await WholeAsync(replicas, cancellationToken);
        }
    }

    /// <summary>As <c>kubectl drain</c> does: the node is cordoned, and each of its pods is evicted as soon as the budget allows.</summary>
    private async Task DrainAsync(RealNode node, CancellationToken cancellationToken)
    {
        await CordonAsync(node, isCordoned: true, cancellationToken);
        using JsonDocument pods = JsonDocument.Parse(await rig.Client.GetAsync($"{Client.Pods}?fieldSelector=spec.nodeName%3D{node.Name}", cancellationToken));
        foreach (JsonElement pod in pods.RootElement.GetProperty("items").EnumerateArray())
        {
            while (!await rig.Client.TryEvictAsync(pod.GetProperty("metadata").GetProperty("name").GetString()!, cancellationToken))
            {
                await Task.Delay(PollInterval, cancellationToken);
            }
        }

        await WholeAsync(Replicas, cancellationToken);
        await CordonAsync(node, isCordoned: false, cancellationToken);
    }

    private async Task ReplaceAgentAsync(RealNode node, CancellationToken cancellationToken)
    {
        await node.ReplaceAgentAsync(cancellationToken);
        while (await rig.Client.ReadyNodesAsync(cancellationToken) != rig.RealNodes.Count)
        {
            await Task.Delay(PollInterval, cancellationToken);
        }

        await WholeAsync(Replicas, cancellationToken);
    }

    private Task<byte[]> CordonAsync(RealNode node, bool isCordoned, CancellationToken cancellationToken) => rig.Client.SendAsync(
        HttpMethod.Patch, $"/api/v1/nodes/{node.Name}", $$$"""{"spec":{"unschedulable":{{{(isCordoned ? "true" : "null")}}}}}""", MergePatch, cancellationToken);

    /// <summary>Waits until every pod is new and available, and no other is left.</summary>
    private async Task WholeAsync(int replicas, CancellationToken cancellationToken)
    {
        await rig.Client.WaitForDeploymentAsync(Name, deployment => LifeCycle.IsWhole(deployment, replicas), cancellationToken);
        while (await rig.Client.CountPodsAsync(cancellationToken) != replicas)
        {
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, IPEndPoint target, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://{target}/"), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Deployment => $$$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{{Name}}}}"},
         "spec":{"replicas":{{{{Replicas}}}},"selector":{"matchLabels":{"app":"{{{{Name}}}}"} },"strategy":{"rollingUpdate":{"maxSurge":2,"maxUnavailable":0}},
                 "template":{"metadata":{"labels":{"app":"{{{{Name}}}}"} },
                             "spec":{"terminationGracePeriodSeconds":10,
                                     "containers":[{"name":"{{{{Name}}}}","image":"hello:v1","ports":[{"name":"http","containerPort":8080}],
                                                    "readinessProbe":{"httpGet":{"path":"/healthz","port":"http"},"periodSeconds":1,"timeoutSeconds":5} }] } } } }
        """;

    private static string Service => $$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{Name}}}"},
         "spec":{"type":"NodePort","selector":{"app":"{{{Name}}}"},"ports":[{"name":"http","port":80,"targetPort":"http"}]}}
        """;

    private static string Budget => $$$$"""
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"{{{{Name}}}}"},
         "spec":{"maxUnavailable":1,"selector":{"matchLabels":{"app":"{{{{Name}}}}"} } } }
        """;
}
