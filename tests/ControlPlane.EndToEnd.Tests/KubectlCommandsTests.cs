using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Commands of either kubectl that no other test drives, and what they print. Nothing here has pods: it takes no longer than the commands do.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class KubectlCommandsTests(SharedProduct shared)
{
    private static readonly string Web = File.ReadAllText(Clone.Example("hello.yaml")).Replace("replicas: 3", "replicas: 0", StringComparison.Ordinal);

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Reading(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("reading"));
        await CreateAsync(kubectl, ConfigMap("a", rank: 2), ConfigMap("b", rank: 1), ConfigMap("c", rank: 3));
        await Task.WhenAll(
            SaysAsync(kubectl, "configmap/b\nconfigmap/a\nconfigmap/c", "get", "configmaps", "-l", "app=prune", "--sort-by={.metadata.labels.rank}", "-o", "name"),
            SaysAsync(kubectl, "configmap/a\nconfigmap/b\nconfigmap/c", "get", "configmaps", "-l", "app=prune", "--chunk-size=1", "-o", "name"),
            SaysAsync(kubectl, "a 2", "get", "configmaps", "-l", "app=prune", "--no-headers", "-o", "custom-columns=N:.metadata.name,R:.metadata.labels.rank"),
            SaysAsync(kubectl, "a=1 b=1 c=1", "get", "configmaps", "-l", "app=prune", "-o", "jsonpath={range .items[*]}{.metadata.name}={.data.k} {end}"),
            SaysAsync(kubectl, "rollingUpdate", "explain", "deployment.spec.strategy"),
            SaysAsync(kubectl, "poddisruptionbudgets", "api-resources"),
            SaysAsync(kubectl, "policy/v1beta1", "api-versions"),
            SaysAsync(kubectl, "control plane", "cluster-info"),
            SaysAsync(kubectl, "+controlplane", "version"));

        // Ends by itself; how is each kubectl's own affair.
        Task<CommandResult> watching = kubectl.RunAsync("get", "configmap", "a", "-w", "-o", "name", "--request-timeout=4s");
        await Task.Delay(TimeSpan.FromSeconds(1));
        await SaysAsync(kubectl, "annotated", "annotate", "configmap", "a", "note=x");
        Assert.Equal(2, (await watching).Output.Split("configmap/a").Length - 1);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Changing(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("changing"));
        await CreateAsync(kubectl, Web);
        await SaysAsync(kubectl, "image updated", "set", "image", "deployment/hello", "hello=hello:v2");
        await SaysAsync(kubectl, "env updated", "set", "env", "deployment/hello", "COLOUR=green");
        await SaysAsync(kubectl, "resource requirements updated", "set", "resources", "deployment/hello", "--limits=cpu=200m");
        await SaysAsync(kubectl, "serviceaccount updated", "set", "serviceaccount", "deployment/hello", "robot");
        await SaysAsync(
            kubectl, "hello:v2 green 200m robot", "get", "deployment", "hello", "-o",
            "jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[?(@.name==\"COLOUR\")].value} "
            + "{.spec.template.spec.containers[0].resources.limits.cpu} {.spec.template.spec.serviceAccountName}");
        await SaysAsync(kubectl, "service/web created", "create", "service", "clusterip", "web", "--tcp=80:8080");
        await SaysAsync(kubectl, "selector updated", "set", "selector", "service", "web", "app=other");
        await SaysAsync(kubectl, "other", "get", "service", "web", "-o", "jsonpath={.spec.selector.app}");

        CommandResult difference = await kubectl.RunWithInputAsync(Web, "diff", "-f", "-");
        Assert.Equal(1, difference.ExitCode);
        Assert.Contains("hello:v1", difference.Output, StringComparison.Ordinal);
        string written = await kubectl.OkAsync("get", "deployment", "hello", "-o", "json");
        await SaysWithAsync(kubectl, written.Replace("green", "blue", StringComparison.Ordinal), "deployment.apps/hello replaced", "replace", "-f", "-");
        await SaysWithAsync(kubectl, written, "deployment.apps/hello replaced", "replace", "--force", "-f", "-");
        await SaysAsync(kubectl, "green", "get", "deployment", "hello", "-o", "jsonpath={.spec.template.spec.containers[0].env[?(@.name==\"COLOUR\")].value}");

        await SaysAsync(kubectl, "configmap/dry created (dry run)", "create", "configmap", "dry", "--dry-run=client");
        await SaysAsync(kubectl, "configmap/dry created (server dry run)", "create", "configmap", "dry", "--dry-run=server");
        await SaysWithAsync(kubectl, Stream(ConfigMap("a", 1), ConfigMap("b", 2)), "configmap/b created", "apply", "-f", "-");
        string kinds = version == "1.20" ? "--prune-whitelist=core/v1/ConfigMap" : "--prune-allowlist=core/v1/ConfigMap";
        await SaysWithAsync(kubectl, ConfigMap("a", 1), "configmap/b pruned", "apply", "--prune", "-l", "app=prune", kinds, "-f", "-");
        await SaysAsync(kubectl, "configmap/a", "get", "configmaps", "-l", "app=prune", "-o", "name");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task DeletingAndWaiting(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("deleting"));
        await CreateAsync(kubectl, Web, ConfigMap("a", 1));
        await SaysAsync(kubectl, "condition met", "wait", "--for=condition=Available", "deployment/hello", "--timeout=30s");
        if (version != "1.20")
        {
            await SaysAsync(kubectl, "condition met", "wait", "--for=jsonpath={.status.observedGeneration}=1", "deployment/hello", "--timeout=30s");
        }

        string kept = await kubectl.OkAsync("get", "replicasets", "-o", "name");
        Assert.StartsWith("replicaset.apps/hello-", kept, StringComparison.Ordinal);
        await SaysAsync(kubectl, "deleted", "delete", "deployment", "hello", "--cascade=orphan");
        Assert.Equal(kept, await kubectl.OkAsync("get", "replicasets", "-o", "name"));

        // The new one takes the ReplicaSet over, and takes it along.
        await CreateAsync(kubectl, Web);
        await kubectl.OkAsync("wait", "--for=condition=Available", "deployment/hello", "--timeout=30s");
        await SaysAsync(kubectl, "deleted", "delete", "deployment", "hello", "--cascade=foreground");
        Assert.Equal("", await kubectl.OkAsync("get", "deployments,replicasets", "-o", "name"));

        Task waiting = SaysAsync(kubectl, "condition met", "wait", "--for=delete", "configmap/a", "--timeout=30s");
        await Task.Delay(TimeSpan.FromSeconds(1));
        await SaysAsync(kubectl, "deleted", "delete", "configmap", "a");
        await waiting;
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Describing(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("describing"));
        await CreateAsync(
            kubectl,
            Web,
            """{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"s"},"addressType":"IPv4","ports":[{"name":"http","port":80}],"endpoints":[{"addresses":["10.0.0.1"]}]}""",
            """{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"http","port":80}]}]}""",
            """{"apiVersion":"v1","kind":"Event","metadata":{"name":"tried"},"involvedObject":{"apiVersion":"apps/v1","kind":"Deployment","name":"hello"},"reason":"Tried","message":"it was tried","type":"Normal"}""");
        await SaysAsync(kubectl, "created", "create", "secret", "generic", "key", "--from-literal=a=b");
        await SaysAsync(kubectl, "poddisruptionbudget.policy/b created", "create", "poddisruptionbudget", "b", "--selector=app=hello", "--min-available=1");
        await SaysAsync(kubectl, "resourcequota/q created", "create", "quota", "q", "--hard=pods=0", "--scopes=BestEffort");
        await Task.WhenAll(
            SaysAsync(kubectl, "Matches all pods that do not have resource requirements set", "describe", "quota", "q"),
            SaysAsync(kubectl, "Allowed disruptions:", "describe", "pdb", "b"),
            SaysAsync(kubectl, "b 1", "get", "pdb", "b"),
            SaysAsync(kubectl, "s IPv4", "get", "endpointslices"),
            SaysAsync(kubectl, "10.0.0.1", "describe", "endpointslice", "s"),
            SaysAsync(kubectl, "10.0.0.1", "describe", "endpoints", "e"),
            SaysAsync(kubectl, "1 bytes", "describe", "secret", "key"),
            SaysAsync(kubectl, "Active", "describe", "namespace", kubectl.Namespace),
            SaysAsync(kubectl, "Allocatable:", "describe", "nodes"),
            SaysAsync(kubectl, "Pods Status:", "describe", "replicasets"),
            version == "1.20" ? Task.CompletedTask : SaysAsync(kubectl, "it was tried", "events", "--for", "deployment/hello"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Nodes(string version)
    {
        Kubectl kubectl = shared.Kubectl(version);
        string node = (await kubectl.OkAsync("get", "nodes", "-o", "name")).Split('\n')[0]["node/".Length..];
        try
        {
            await SaysAsync(kubectl, "cordoned", "cordon", node);
            await SaysAsync(kubectl, "SchedulingDisabled", "get", "node", node);
        }
        finally
        {
            await SaysAsync(kubectl, "uncordoned", "uncordon", node);
        }

        await SaysAsync(kubectl, "tainted", "taint", "nodes", node, "trial=yes:PreferNoSchedule");
        await SaysAsync(kubectl, "trial=yes:PreferNoSchedule", "describe", "node", node);
        await SaysAsync(kubectl, "untainted", "taint", "nodes", node, "trial-");
    }

    private static string ConfigMap(string name, int rank) =>
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","labels":{"app":"prune","rank":"{{{rank}}}"} },"data":{"k":"1"} }""";

    /// <summary>The older kubectl takes what begins with a brace for JSON to its end.</summary>
    private static string Stream(params string[] manifests) => string.Concat(manifests.Select(manifest => $"---\n{manifest}\n"));

    private static async Task CreateAsync(Kubectl kubectl, params string[] manifests) =>
        (await kubectl.RunWithInputAsync(Stream(manifests), "create", "-f", "-")).OrThrow();

    private static Task SaysAsync(Kubectl kubectl, string expected, params string[] arguments) => SaysWithAsync(kubectl, input: null, expected, arguments);

    /// <summary>How wide columns are means nothing.</summary>
    private static async Task SaysWithAsync(Kubectl kubectl, string? input, string expected, params string[] arguments)
    {
        CommandResult result = await kubectl.RunWithInputAsync(input, arguments);
        string said = string.Join(' ', result.Output.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(said.Contains(expected, StringComparison.Ordinal), $"{result.What}: expected \"{expected}\", got {result.ExitCode}\n{result.Output}{result.Errors}");
        Assert.True(result.ExitCode == 0, $"{result.What} ended with {result.ExitCode}\n{result.Output}{result.Errors}");
    }
}
