using System.Globalization;
using System.Net;
using System.Text.Json;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>The sample application behind a Service: what the requests go to, and how it is declared.</summary>
internal sealed class LoadedDeployment(Rig rig, int replicas = LoadedDeployment.Replicas)
{
    public const int Replicas = 6;

    public const string Name = "hello";

    /// <summary>The Service that gets a blue-green's new version before it is promoted.</summary>
    public const string PreviewService = "hello-preview";

    public const string MergePatch = "application/merge-patch+json";

    private const string StrategicPatch = "application/strategic-merge-patch+json";
    private const string Services = "/api/v1/namespaces/default/services";
    private const string Budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private int version = 1;

    /// <summary>The addresses of the Service: its node port on each node, and its cluster address.</summary>
    public IReadOnlyList<IPEndPoint> Targets { get; private set; } = [];

    /// <summary>The cluster address, where all gateways listen: the kernel chooses among them.</summary>
    public IPEndPoint SharedTarget => Targets[^1];

    public static string Path => $"{Client.Deployments}/{Name}";

    /// <summary>Starts the Deployment, its Services and its disruption budget, and returns once all <see cref="Targets"/> answer.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await PostAsync(Client.Deployments, DeploymentOf(replicas), cancellationToken);
        await PostAsync(Budgets, Budget, cancellationToken);
        await PostAsync(Services, ServiceOf(PreviewService, "ClusterIP"), cancellationToken);
        using JsonDocument service = JsonDocument.Parse(await PostAsync(Services, ServiceOf(Name, "NodePort"), cancellationToken));
        JsonElement spec = service.RootElement.GetProperty("spec");
        int nodePort = spec.GetProperty("ports")[0].GetProperty("nodePort").GetInt32();
        await WholeAsync(replicas, cancellationToken);
        Targets =
        [
            .. rig.RealNodes.Select(node => new IPEndPoint(IPAddress.Parse(node.Address), nodePort)),
            new IPEndPoint(IPAddress.Parse(spec.GetProperty("clusterIP").GetString()!), 80),
        ];
        await AnswerAsync(Targets, cancellationToken);
    }

    /// <summary>Waits until a gateway answers at each of the addresses.</summary>
    public static async Task AnswerAsync(IEnumerable<IPEndPoint> targets, CancellationToken cancellationToken)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        foreach (IPEndPoint target in targets)
        {
            while (!await AnswersAsync(http, target, cancellationToken))
            {
                await Task.Delay(PollInterval, cancellationToken);
            }
        }
    }

    /// <summary>The version that is declared, as its pods say it.</summary>
    public string Version => $"v{Text(version)}";

    /// <summary>Declares a version that has not been there before.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="settings">The container's environment; see examples/hello.</param>
    public Task DeclareNextAsync(CancellationToken cancellationToken, params IEnumerable<(string Name, string Value)> settings) => DeclareAsync(++version, settings, cancellationToken);

    /// <summary>Declares the version before the last again.</summary>
    public Task DeclareLastButOneAsync(CancellationToken cancellationToken) => DeclareAsync(version - 1, [], cancellationToken);

    /// <summary>Waits until every pod is new and available, and no other is left.</summary>
    public async Task WholeAsync(int pods, CancellationToken cancellationToken)
    {
        await rig.Client.WaitForDeploymentAsync(Name, deployment => LifeCycle.IsWhole(deployment, pods), cancellationToken);
        await HasPodsAsync(pods, cancellationToken);
    }

    /// <summary>Waits until so many pods are there, and none that is on its way out.</summary>
    public async Task HasPodsAsync(int pods, CancellationToken cancellationToken)
    {
        while (await rig.Client.CountPodsAsync(cancellationToken) != pods)
        {
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private async Task DeclareAsync(int wanted, IEnumerable<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        string image = $"{Name}:v{Text(wanted)}";
        await rig.HasImageAsync(image, cancellationToken);

        // Each image of an engine is another name of the same one, so its pods are told which version they are.
        IEnumerable<(string Name, string Value)> all = [("VERSION", $"v{Text(wanted)}"), .. settings];
        string env = string.Concat(all.Select(setting => $$"""{"name":"{{setting.Name}}","value":"{{setting.Value}}"},"""));
        string container = $$"""{"name":"{{Name}}","image":"{{image}}","env":[{{env}}{"$patch":"replace"}]}""";
        await rig.Client.SendAsync(
            HttpMethod.Patch, Path, $$$$"""{"spec":{"template":{"spec":{"containers":[{{{{container}}}}]} } } }""", StrategicPatch, cancellationToken);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private Task<byte[]> PostAsync(string path, string body, CancellationToken cancellationToken) =>
        rig.Client.SendAsync(HttpMethod.Post, path, body, "application/json", cancellationToken);

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

    private static string DeploymentOf(int replicas) => $$$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{{Name}}}}"},
         "spec":{"replicas":{{{{replicas}}}},"selector":{"matchLabels":{"app":"{{{{Name}}}}"} },"strategy":{"rollingUpdate":{"maxSurge":2,"maxUnavailable":0}},
                 "template":{"metadata":{"labels":{"app":"{{{{Name}}}}"} },
                             "spec":{"terminationGracePeriodSeconds":10,
                                     "containers":[{"name":"{{{{Name}}}}","image":"hello:v1","ports":[{"name":"http","containerPort":8080}],
                                                    "readinessProbe":{"httpGet":{"path":"/healthz","port":"http"},"periodSeconds":1,"timeoutSeconds":5} }] } } } }
        """;

    private static string ServiceOf(string name, string type) => $$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{name}}}"},
         "spec":{"type":"{{{type}}}","selector":{"app":"{{{Name}}}"},"ports":[{"name":"http","port":80,"targetPort":"http"}]}}
        """;

    private static string Budget => $$$$"""
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"{{{{Name}}}}"},
         "spec":{"maxUnavailable":1,"selector":{"matchLabels":{"app":"{{{{Name}}}}"} } } }
        """;
}
