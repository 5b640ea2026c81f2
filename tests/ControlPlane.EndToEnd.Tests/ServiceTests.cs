using System.Diagnostics;
using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Services, their endpoints and disruption budgets, as a user sees them with either kubectl.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class ServiceTests(SharedProduct shared)
{
    private const int Replicas = 3;

    /// <summary>How long a drain of 8 s may take: one more turn of 5 s, on a busy machine, and far from ten times the 10 s for which a client that is told to would wait by itself.</summary>
    private static readonly TimeSpan KeptAnswerMax = TimeSpan.FromSeconds(40);

    /// <summary>In a manifest: kubectl 1.20's own <c>create poddisruptionbudget</c> knows policy/v1beta1 only.</summary>
    private const string Budget = """
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"hello"},"spec":{"minAvailable":2,"selector":{"matchLabels":{"app":"hello"}}}}
        """;

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task AppliedService_HasThePodsAsEndpoints_AndReadsAsOnKubernetes(string version)
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync(version, "service");
        string applied = await kubectl.OkAsync("apply", "-f", Clone.Example("service.yaml"));
        Assert.Contains("service/hello created", applied, StringComparison.Ordinal);
        Assert.Contains("poddisruptionbudget.policy/hello created", applied, StringComparison.Ordinal);
        await HasEndpointsAsync(kubectl, Replicas);

        string services = await kubectl.OkAsync("get", "svc", "-o", "wide");
        Assert.Matches(@"hello\s+NodePort\s+127\.96\.\d+\.\d+\s+<none>\s+80:30080/TCP\s+[\dms]+\s+app=hello", services);
        Assert.Matches(@"endpoints/hello\s+127\.0\.1\.\d:\d+,127\.0\.1\.\d:\d+,127\.0\.1\.\d:\d+\s+[\dms]+", await kubectl.OkAsync("get", "ep,svc"));
        Assert.Matches(@"hello-\w+\s+IPv4\s+\d+\s+127\.0\.1\.\d\s+[\dms]+", await kubectl.OkAsync("get", "endpointslices", "-o", "wide"));
        string described = await kubectl.OkAsync("describe", "svc", "hello");
        Assert.Matches(@"TargetPort:\s+http/TCP", described);
        Assert.Matches(@"NodePort:\s+http\s+30080/TCP", described);
        Assert.Matches(@"Endpoints:\s+127\.0\.1\.\d:\d+,127\.0\.1\.\d:\d+", described);

        await kubectl.OkAsync("expose", "deployment", "hello", "--name", "again", "--port", "8080");
        await kubectl.OkAsync("create", "service", "clusterip", "alone", "--tcp", "80:8080");
        Assert.Matches(@"again\s+ClusterIP\s+127\.96\.\d+\.\d+\s+<none>\s+8080/TCP(.|\n)*alone\s+ClusterIP", await kubectl.OkAsync("get", "services"));

        await kubectl.OkAsync("scale", "deployment/hello", "--replicas=1");
        await HasEndpointsAsync(kubectl, 1);
        await hello.BecomeReadyAsync(1);
        await kubectl.OkAsync("delete", "-f", Clone.Example("service.yaml"));
        await kubectl.OkAsync("delete", "service", "again", "alone");
        await shared.Product.EventuallyAsync(
            "the Services' endpoints are gone",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "ep,endpointslices", "-o", "name") is var left && left.Trim().Length == 0 ? null : left);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Drain_OfANode_LeavesWhatTheBudgetAsksFor(string version)
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync(version, "drain");
        (await kubectl.RunWithInputAsync(Budget, "apply", "-f", "-")).OrThrow();
        await shared.Product.EventuallyAsync(
            "the budget has one to spend",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "pdb", "hello", "-o", "jsonpath={.status.disruptionsAllowed}") is var allowed && allowed == "1" ? null : allowed);
        Assert.Matches(@"hello\s+2\s+N/A\s+1\s+[\dms]+", await kubectl.OkAsync("get", "pdb"));
        await kubectl.OkAsync("patch", "pdb", "hello", "-p", """{"spec":{"minAvailable":3}}""");
        await shared.Product.EventuallyAsync(
            "the budget has none to spend",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "pdb", "hello", "-o", "jsonpath={.status.disruptionsAllowed}") is var allowed && allowed == "0" ? null : allowed);
        using CancellationTokenSource done = new();
        Task<PodBounds> watching = hello.WatchBoundsAsync(done.Token);
        try
        {
            // kubectl asks again every 5 s, until its time is over; a slow machine may need a few for the first answer.
            Stopwatch asking = Stopwatch.StartNew();
            CommandResult kept = await kubectl.RunAsync("drain", "node-1", "--ignore-daemonsets", "--force", "--timeout=8s");
            Assert.Equal(1, kept.ExitCode);
            Assert.True(asking.Elapsed < KeptAnswerMax, $"kubectl asked for {asking.Elapsed.TotalSeconds:0} s, and was to for 8 s");
            Assert.Contains("Cannot evict pod as it would violate the pod's disruption budget.", kept.Errors, StringComparison.Ordinal);
            await kubectl.OkAsync("patch", "pdb", "hello", "-p", """{"spec":{"minAvailable":2}}""");

            string drained = await kubectl.OkAsync("drain", "node-1", "--ignore-daemonsets", "--force", "--timeout=150s");
            Assert.Contains("evicted", drained, StringComparison.Ordinal);
            await hello.BecomeReadyAsync(Replicas);
            Assert.All(await hello.PodsAsync(), pod => Assert.NotEqual("node-1", pod["spec"]!["nodeName"]!.GetValue<string>()));
        }
        finally
        {
            await kubectl.OkAsync("uncordon", "node-1");
        }

        await done.CancelAsync();
        Assert.True((await watching).LeastAvailable >= 2, $"only {(await watching).LeastAvailable} pods were ready");
        await kubectl.OkAsync("delete", "deployment,poddisruptionbudget", "hello");
    }

    private async Task HasEndpointsAsync(Kubectl kubectl, int count) => await shared.Product.EventuallyAsync(
        $"{count} ready endpoints",
        TimeSpan.FromSeconds(90),
        async () =>
        {
            JsonNode endpoints = JsonNode.Parse(await kubectl.OkAsync("get", "endpoints", "hello", "--ignore-not-found", "-o", "json") is { Length: > 0 } json ? json : "{}")!;
            int ready = endpoints["subsets"]?.AsArray().Sum(subset => subset!["addresses"]?.AsArray().Count ?? 0) ?? 0;
            return ready == count ? null : $"{ready} are ready";
        });

    private async Task<(Kubectl Kubectl, Deployments Hello)> StartHelloAsync(string version, string subject)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace(subject));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await hello.BecomeReadyAsync(Replicas);
        return (kubectl, hello);
    }
}
