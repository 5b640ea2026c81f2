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
        await kubectl.CreateAsync(ConfigMap("a", rank: 2), ConfigMap("b", rank: 1), ConfigMap("c", rank: 3));
        await Task.WhenAll(
            kubectl.SaysAsync("configmap/b\nconfigmap/a\nconfigmap/c", "get", "configmaps", "-l", "app=prune", "--sort-by={.metadata.labels.rank}", "-o", "name"),
            kubectl.SaysAsync("configmap/a\nconfigmap/b\nconfigmap/c", "get", "configmaps", "-l", "app=prune", "--chunk-size=1", "-o", "name"),
            kubectl.SaysAsync("a 2", "get", "configmaps", "-l", "app=prune", "--no-headers", "-o", "custom-columns=N:.metadata.name,R:.metadata.labels.rank"),
            kubectl.SaysAsync("a=1 b=1 c=1", "get", "configmaps", "-l", "app=prune", "-o", "jsonpath={range .items[*]}{.metadata.name}={.data.k} {end}"),
            kubectl.SaysAsync("rollingUpdate", "explain", "deployment.spec.strategy"),
            kubectl.SaysAsync("poddisruptionbudgets", "api-resources"),
            kubectl.SaysAsync("policy/v1beta1", "api-versions"),
            kubectl.SaysAsync("control plane", "cluster-info"),
            kubectl.SaysAsync("+controlplane", "version"));

        await using RunningKubectl watching = RunningKubectl.Start(kubectl, "get", "configmap", "a", "-w", "-o", "name");
        await watching.SaysAsync("configmap/a\n");
        await kubectl.SaysAsync("annotated", "annotate", "configmap", "a", "note=x");
        await watching.SaysAsync("configmap/a\nconfigmap/a\n");
        Assert.Equal("configmap/a\nconfigmap/a\n", (await watching.StopAsync()).Output);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Changing(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("changing"));
        await kubectl.CreateAsync(Web);
        await kubectl.SaysAsync("image updated", "set", "image", "deployment/hello", "hello=hello:v2");
        await kubectl.SaysAsync("env updated", "set", "env", "deployment/hello", "COLOUR=green");
        await kubectl.SaysAsync("resource requirements updated", "set", "resources", "deployment/hello", "--limits=cpu=200m");
        await kubectl.SaysAsync("serviceaccount updated", "set", "serviceaccount", "deployment/hello", "robot");
        await kubectl.SaysAsync("hello:v2 green 200m robot", "get", "deployment", "hello", "-o",
            "jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[?(@.name==\"COLOUR\")].value} "
            + "{.spec.template.spec.containers[0].resources.limits.cpu} {.spec.template.spec.serviceAccountName}");
        await kubectl.SaysAsync("service/web created", "create", "service", "clusterip", "web", "--tcp=80:8080");
        await kubectl.SaysAsync("selector updated", "set", "selector", "service", "web", "app=other");
        await kubectl.SaysAsync("other", "get", "service", "web", "-o", "jsonpath={.spec.selector.app}");

        CommandResult difference = await kubectl.RunWithInputAsync(Web, "diff", "-f", "-");
        Assert.Equal(1, difference.ExitCode);
        Assert.Contains("hello:v1", difference.Output, StringComparison.Ordinal);
        string written = await kubectl.OkAsync("get", "deployment", "hello", "-o", "json");
        await kubectl.SaysWithAsync(written.Replace("green", "blue", StringComparison.Ordinal), "deployment.apps/hello replaced", "replace", "-f", "-");
        await kubectl.SaysWithAsync(written, "deployment.apps/hello replaced", "replace", "--force", "-f", "-");
        await kubectl.SaysAsync("green", "get", "deployment", "hello", "-o", "jsonpath={.spec.template.spec.containers[0].env[?(@.name==\"COLOUR\")].value}");

        await kubectl.SaysAsync("configmap/dry created (dry run)", "create", "configmap", "dry", "--dry-run=client");
        await kubectl.SaysAsync("configmap/dry created (server dry run)", "create", "configmap", "dry", "--dry-run=server");
        await kubectl.SaysWithAsync(Saying.Stream(ConfigMap("a", 1), ConfigMap("b", 2)), "configmap/b created", "apply", "-f", "-");
        string kinds = version == "1.20" ? "--prune-whitelist=core/v1/ConfigMap" : "--prune-allowlist=core/v1/ConfigMap";
        await kubectl.SaysWithAsync(ConfigMap("a", 1), "configmap/b pruned", "apply", "--prune", "-l", "app=prune", kinds, "-f", "-");
        await kubectl.SaysAsync("configmap/a", "get", "configmaps", "-l", "app=prune", "-o", "name");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task DeletingAndWaiting(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("deleting"));
        await kubectl.CreateAsync(Web, ConfigMap("a", 1));
        await kubectl.SaysAsync("condition met", "wait", "--for=condition=Available", "deployment/hello", "--timeout=150s");
        if (version != "1.20")
        {
            await kubectl.SaysAsync("condition met", "wait", "--for=jsonpath={.status.observedGeneration}=1", "deployment/hello", "--timeout=150s");
        }

        string kept = await kubectl.OkAsync("get", "replicasets", "-o", "name");
        Assert.StartsWith("replicaset.apps/hello-", kept, StringComparison.Ordinal);
        await kubectl.SaysAsync("deleted", "delete", "deployment", "hello", "--cascade=orphan");
        Assert.Equal(kept, await kubectl.OkAsync("get", "replicasets", "-o", "name"));

        // The new one takes the ReplicaSet over, and takes it along.
        await kubectl.CreateAsync(Web);
        await kubectl.OkAsync("wait", "--for=condition=Available", "deployment/hello", "--timeout=150s");
        await kubectl.SaysAsync("deleted", "delete", "deployment", "hello", "--cascade=foreground");
        Assert.Equal("", await kubectl.OkAsync("get", "deployments,replicasets", "-o", "name"));

        await kubectl.CreateAsync(Web);
        await kubectl.SaysAsync("deleted", "delete", "deployment", "hello", "--cascade=background");
        await shared.Product.EventuallyAsync(
            "its ReplicaSet has gone after it",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "replicasets", "-o", "name") is { Length: > 0 } left ? left : null);

        // It tells its requests, so that it is known to watch before there is something to see.
        await using RunningKubectl waiting = RunningKubectl.Start(kubectl, "wait", "--for=delete", "configmap/a", "--timeout=150s", "-v=6");
        await waiting.SaysAsync("watch=true");
        await kubectl.SaysAsync("deleted", "delete", "configmap", "a");
        Assert.Contains("condition met", (await waiting.EndsAsync()).OrThrow(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Describing(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("describing"));
        await kubectl.CreateAsync(Web,
            """{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"s"},"addressType":"IPv4","ports":[{"name":"http","port":80}],"endpoints":[{"addresses":["10.0.0.1"]}]}""",
            """{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"http","port":80}]}]}""",
            """{"apiVersion":"v1","kind":"Event","metadata":{"name":"tried"},"involvedObject":{"apiVersion":"apps/v1","kind":"Deployment","name":"hello"},"reason":"Tried","message":"it was tried","type":"Normal"}""");
        await kubectl.SaysAsync("created", "create", "secret", "generic", "key", "--from-literal=a=b");
        await kubectl.SaysAsync("poddisruptionbudget.policy/b created", "create", "poddisruptionbudget", "b", "--selector=app=hello", "--min-available=1");
        await kubectl.SaysAsync("resourcequota/q created", "create", "quota", "q", "--hard=pods=0", "--scopes=BestEffort");
        await Task.WhenAll(
            kubectl.SaysAsync("Matches all pods that do not have resource requirements set", "describe", "quota", "q"),
            kubectl.SaysAsync("Allowed disruptions:", "describe", "pdb", "b"),
            kubectl.SaysAsync("b 1", "get", "pdb", "b"),
            kubectl.SaysAsync("s IPv4", "get", "endpointslices"),
            kubectl.SaysAsync("10.0.0.1", "describe", "endpointslice", "s"),
            kubectl.SaysAsync("10.0.0.1", "describe", "endpoints", "e"),
            kubectl.SaysAsync("1 bytes", "describe", "secret", "key"),
            kubectl.SaysAsync("Active", "describe", "namespace", kubectl.Namespace),
            kubectl.SaysAsync("Allocatable:", "describe", "nodes"),
            kubectl.SaysAsync("Pods Status:", "describe", "replicasets"),
            version == "1.20" ? Task.CompletedTask : kubectl.SaysAsync("it was tried", "events", "--for", "deployment/hello"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Nodes(string version)
    {
        Kubectl kubectl = shared.Kubectl(version);
        string node = (await kubectl.OkAsync("get", "nodes", "-o", "name")).Split('\n')[0]["node/".Length..];
        try
        {
            await kubectl.SaysAsync("cordoned", "cordon", node);
            await kubectl.SaysAsync("SchedulingDisabled", "get", "node", node);
        }
        finally
        {
            await kubectl.SaysAsync("uncordoned", "uncordon", node);
        }

        await kubectl.SaysAsync("tainted", "taint", "nodes", node, "trial=yes:PreferNoSchedule");
        await kubectl.SaysAsync("trial=yes:PreferNoSchedule", "describe", "node", node);
        await kubectl.SaysAsync("untainted", "taint", "nodes", node, "trial-");
    }

    private static string ConfigMap(string name, int rank) =>
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","labels":{"app":"prune","rank":"{{{rank}}}"} },"data":{"k":"1"} }""";
}
