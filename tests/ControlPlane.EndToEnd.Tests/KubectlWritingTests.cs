using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;
using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Each way in which either kubectl makes, changes and deletes objects, and what it prints. Nothing here runs a pod: it takes no longer than the commands do.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class KubectlWritingTests(SharedProduct shared)
{
    private const string Settings = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","labels":{"app":"writing"}},"data":{"color":"blue"}}""";

    private static readonly string Web = File.ReadAllText(Clone.Example("hello.yaml")).Replace("replicas: 3", "replicas: 0", StringComparison.Ordinal);

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Making(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("making"));
        using TemporaryFolder folder = new("making");
        string file = Path.Combine(folder.Path, "app.conf");
        await File.WriteAllTextAsync(file, "color=blue\n");

        await kubectl.SaysAsync("deployment.apps/web created", "create", "deployment", "web", "--image=hello:v1", "--replicas=0", "--port=8080");
        await kubectl.SaysAsync("hello:v1 8080 0", "get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].ports[0].containerPort} {.spec.replicas}");
        await kubectl.SaysAsync("configmap/files created", "create", "configmap", "files", $"--from-file={file}");
        await kubectl.SaysAsync("color=blue", "get", "configmap", "files", "-o", @"jsonpath={.data.app\.conf}");
        await kubectl.SaysAsync("secret/login created", "create", "secret", "docker-registry", "login", "--docker-server=registry.test", "--docker-username=u", "--docker-password=p");
        await kubectl.SaysAsync("kubernetes.io/dockerconfigjson", "get", "secret", "login", "-o", "jsonpath={.type}");
        await kubectl.SaysAsync("service/outside created", "create", "service", "nodeport", "outside", "--tcp=80:8080");
        await kubectl.SaysAsync("outside NodePort", "get", "service", "outside");
        await kubectl.SaysAsync("service/exposed exposed", "expose", "deployment", "web", "--name=exposed", "--port=80", "--target-port=8080");
        await kubectl.SaysAsync("TargetPort: 8080/TCP", "describe", "service", "exposed");
        await kubectl.SaysAsync("serviceaccount/robot created", "create", "serviceaccount", "robot");
        await kubectl.SaysAsync("pod/waiting created", "run", "waiting", "--image=hello:v1", "--overrides", """{"apiVersion":"v1","spec":{"nodeSelector":{"is":"nowhere"}}}""");
        await kubectl.SaysAsync("waiting 0/1 Pending", "get", "pods", "-l", "run=waiting");
    }

    /// <summary>What the API answers in YAML is a manifest, with texts in it that kubectl would take for something else if they had no quotes.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task MakingOfTheApisYaml(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("yaml"));
        string[] texts = ["yes", "1", "null", "0x1", "1e3", "~", "", "2026-01-31", "1:30", "a\n  b\n", " a\n", "a\r\nb", "a\tb\t", "{\"a\":1}\n", "ü 😀", "\u2028", "\u0085", "- a", "a: b # c", "'", "\"", "\\"];
        JsonObject data = new(texts.Select((text, at) => KeyValuePair.Create($"k{at}", (JsonNode?)text))) { ["yes"] = "a", ["1"] = "b", ["0x1"] = "c", ["null"] = "d", ["n"] = "e" };
        JsonObject made = new() { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "texts" }, ["data"] = data.DeepClone() };
        string path = $"/api/v1/namespaces/{kubectl.Namespace}/configmaps";
        Assert.Equal(201, (await shared.Api.SendAsync(HttpMethod.Post, path, made.ToJsonString())).Code);

        Answer read = await shared.Api.SendAsync(HttpMethod.Get, $"{path}/texts", accept: "application/yaml");
        string manifest = Regex.Replace(read.Text, "^  resourceVersion: .*\n", "", RegexOptions.Multiline);
        Assert.Contains("\nkind: ConfigMap\n", $"\n{manifest}", StringComparison.Ordinal);
        await kubectl.SaysAsync("configmap \"texts\" deleted", "delete", "configmap", "texts");
        await kubectl.SaysWithAsync(manifest, "configmap/texts created", "create", "-f", "-");

        JsonNode again = JsonNode.Parse(await kubectl.OkAsync("get", "configmap", "texts", "-o", "json"))!;
        Assert.True(JsonNode.DeepEquals(data, again["data"]), manifest);
    }

    /// <summary>Kinds that are not served, of a group that is and of one that is not; what else is in the file is made.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task MakingWhatIsNotServed(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("unserved"));
        const string set = """{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"set"},"spec":{}}""";
        const string job = """{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"job"},"spec":{}}""";

        foreach (string[] way in new[] { new[] { "apply", "-f", "-" }, ["apply", "--server-side", "-f", "-"], ["create", "-f", "-"] })
        {
            await kubectl.RefusesWithAsync(set, "no matches for kind \"StatefulSet\" in version \"apps/v1\"", way);
            await kubectl.RefusesWithAsync(job, "no matches for kind \"Job\" in version \"batch/v1\"", way);
        }

        await kubectl.RefusesWithAsync(Saying.Stream(set, Settings), "no matches for kind \"StatefulSet\"", "apply", "-f", "-");
        await kubectl.SaysAsync("blue", "get", "configmap", "settings", "-o", "jsonpath={.data.color}");
        await kubectl.RefusesAsync("the server doesn't have a resource type \"customresourcedefinitions\"", "get", "customresourcedefinitions");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Editing(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("editing"));
        await kubectl.CreateAsync(Settings, Web);

        Assert.Contains("configmap/settings edited", (await EditAsync(kubectl, "s/color: blue/color: green/", "configmap/settings")).OrThrow(), StringComparison.Ordinal);
        await kubectl.SaysAsync("green", "get", "configmap", "settings", "-o", "jsonpath={.data.color}");
        Assert.Contains("Edit cancelled, no changes made.", (await EditAsync(kubectl, "s/nothing/nothing/", "configmap/settings")).Errors, StringComparison.Ordinal);
        Assert.Contains("deployment.apps/hello edited", (await EditAsync(kubectl, "s/image: hello:v1/image: hello:v2/", "deployment/hello")).OrThrow(), StringComparison.Ordinal);
        await kubectl.SaysAsync("hello:v2", "get", "deployment", "hello", "-o", "jsonpath={.spec.template.spec.containers[0].image}");

        // Opened again with the reason in it, the editor changes nothing more; the file is kept for the user.
        CommandResult refused = await EditAsync(kubectl, "s/ app: hello/ app: other/", "deployment/hello");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("error: deployments.apps \"hello\" is invalid", refused.Errors, StringComparison.Ordinal);
        string kept = Regex.Match(refused.Errors, "stored to \"(.+)\"").Groups[1].Value;
        Assert.Contains("# * spec.selector: Invalid value", await File.ReadAllTextAsync(kept), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Patching(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("patching"));
        await kubectl.CreateAsync(Settings, Web);

        await kubectl.SaysAsync("configmap/settings patched", "patch", "configmap", "settings", "--type=json", "-p", """[{"op":"test","path":"/data/color","value":"blue"},{"op":"move","from":"/data/color","path":"/data/colour"}]""");
        await kubectl.SaysAsync("""{"colour":"blue"}""", "get", "configmap", "settings", "-o", "jsonpath={.data}");
        await kubectl.RefusesAsync("The request is invalid", "patch", "configmap", "settings", "--type=json", "-p", """[{"op":"test","path":"/data/colour","value":"red"}]""");
        await kubectl.SaysAsync("configmap/settings patched", "patch", "configmap", "settings", "--type=merge", "-p", """{"data":{"colour":null,"shape":"round"}}""");
        await kubectl.SaysAsync("""{"shape":"round"}""", "get", "configmap", "settings", "-o", "jsonpath={.data}");
        await kubectl.SaysAsync("configmap/settings patched (no change)", "patch", "configmap", "settings", "-p", """{"data":{"shape":"round"}}""");
        await kubectl.SaysAsync("deployment.apps/hello patched", "patch", "deployment", "hello", "-p", """{"spec":{"template":{"spec":{"containers":[{"name":"log","image":"log:v1"}]}}}}""");
        await kubectl.SaysAsync("log:v1 hello:v1", "get", "deployment", "hello", "-o", "jsonpath={.spec.template.spec.containers[*].image}");
        await kubectl.RefusesAsync("spec.replicas", "patch", "deployment", "hello", "-p", """{"spec":{"replicas":-1}}""");

        await kubectl.SaysAsync("configmap/settings labeled", "label", "configmap", "settings", "tier=front");
        await kubectl.RefusesAsync("already has a value (front), and --overwrite is false", "label", "configmap", "settings", "tier=back");
        await kubectl.SaysAsync("tier=front", "get", "configmaps", "--show-labels", "-l", "tier in (front)");
        await kubectl.SaysAsync("configmap/settings annotated", "annotate", "configmap", "settings", "note=kept");
        await kubectl.SaysAsync("kept", "get", "configmap", "settings", "-o", "jsonpath={.metadata.annotations.note}");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Applying(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("applying"));

        await kubectl.SaysWithAsync(Settings, "configmap/settings created (server dry run)", "apply", "--dry-run=server", "-f", "-");
        await kubectl.SaysWithAsync(Settings, "configmap/settings created (dry run)", "apply", "--dry-run=client", "-f", "-");
        await kubectl.RefusesAsync("configmaps \"settings\" not found", "get", "configmap", "settings");
        await kubectl.SaysWithAsync(Settings, "configmap/settings created", "apply", "-f", "-");
        await kubectl.SaysWithAsync(Settings, "configmap/settings unchanged", "apply", "-f", "-");
        string green = Settings.Replace("blue", "green", StringComparison.Ordinal);
        CommandResult difference = await kubectl.RunWithInputAsync(green, "diff", "-f", "-");
        Assert.Equal(1, difference.ExitCode);
        Assert.Contains("-  color: blue\n+  color: green\n", difference.Output, StringComparison.Ordinal);
        await kubectl.SaysWithAsync(green, "configmap/settings configured", "apply", "-f", "-");
        await kubectl.SaysWithAsync(green.Replace("\"color\":\"green\"", "", StringComparison.Ordinal), "configmap/settings configured", "apply", "-f", "-");
        await kubectl.SaysAsync("settings 0", "get", "configmap", "settings");
        await kubectl.RefusesWithAsync(Settings.Replace("\"data\"", "\"dta\"", StringComparison.Ordinal), "dta", "apply", "-f", "-");
        await kubectl.RefusesWithAsync(Settings.Replace("\"settings\"", "\"Settings\"", StringComparison.Ordinal), "metadata.name: Invalid value: \"Settings\"", "apply", "-f", "-");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Kustomizing(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("kustomizing"));
        using TemporaryFolder folder = new("kustomizing");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "settings.yaml"), Settings);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "kustomization.yaml"), "resources: [settings.yaml]\nnamePrefix: my-\ncommonAnnotations: {by: kustomize}\n");

        await kubectl.SaysAsync("name: my-settings", "kustomize", folder.Path);
        CommandResult difference = await kubectl.RunAsync("diff", "-k", folder.Path);
        Assert.Equal(1, difference.ExitCode);
        Assert.Contains("+  name: my-settings\n", difference.Output, StringComparison.Ordinal);
        await kubectl.SaysAsync("configmap/my-settings created", "apply", "-k", folder.Path);
        await kubectl.SaysAsync("configmap/my-settings unchanged", "apply", "-k", folder.Path);
        await kubectl.SaysAsync("kustomize blue", "get", "-k", folder.Path, "-o", "jsonpath={.metadata.annotations.by} {.data.color}");
        await kubectl.OkAsync("diff", "-k", folder.Path);
        await kubectl.SaysAsync("configmap \"my-settings\" deleted", "delete", "-k", folder.Path);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Deleting(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("deleting"));
        await kubectl.CreateAsync(
            Settings,
            Settings.Replace("\"settings\"", "\"other\"", StringComparison.Ordinal).Replace("writing", "else", StringComparison.Ordinal),
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"key"}}""",
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"waiting"},"spec":{"nodeSelector":{"is":"nowhere"},"containers":[{"name":"c","image":"hello:v1"}]}}""");

        await kubectl.SaysAsync("pod \"waiting\" force deleted", "delete", "pod", "waiting", "--force", "--grace-period=0");
        await kubectl.SaysAsync("configmap \"settings\" deleted", "delete", "configmaps", "-l", "app=writing");
        await kubectl.SaysAsync("configmap/other", "get", "configmaps", "-l", "app", "-o", "name");
        await kubectl.SaysAsync("secret \"key\" deleted", "delete", "secrets", "--all");
        await kubectl.RefusesAsync("secrets \"key\" not found", "delete", "secret", "key");
        await kubectl.SaysWithAsync(Settings.Replace("\"settings\"", "\"other\"", StringComparison.Ordinal), "configmap \"other\" deleted", "delete", "-f", "-");
        await kubectl.SaysAsync("deleted", "delete", "namespace", kubectl.Namespace, "--timeout=150s");
        await kubectl.RefusesAsync("not found", "get", "namespace", kubectl.Namespace);
    }

    /// <summary>The editor is a command that goes over kubectl's file.</summary>
    private static Task<CommandResult> EditAsync(Kubectl kubectl, string change, string target) =>
        Command.RunAsync("sh", ["-c", kubectl.LineOf("edit", target)], new Dictionary<string, string?>(kubectl.Environment) { ["KUBE_EDITOR"] = $"sed -i \"{change}\"", ["TMPDIR"] = kubectl.Environment["HOME"] });
}
