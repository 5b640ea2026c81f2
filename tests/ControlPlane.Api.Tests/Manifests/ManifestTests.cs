using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Manifests;

/// <summary>
/// Manifests as people have them in their repositories and from their clusters: each object is taken as it is and, however it is written again, without a change, so that
/// no rollout begins; or it is refused with what names the field.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed class ManifestTests(ApiServer api)
{
    /// <summary>For each object what comes of it: nothing more where it is taken, else the code and the fields or the words.</summary>
    public static TheoryData<string, string[]> Files => new()
    {
        { "nginx.yaml", ["Deployment nginx-deployment", "Service nginx", "Service nginx-public: 422 spec.type", "Ingress nginx: 404 the server could not find the requested resource"] },
        {
            "guestbook.yaml",
            ["Deployment redis-leader", "Service redis-leader", "Deployment redis-follower", "Service redis-follower", "Deployment frontend", "Service frontend"]
        },
        {
            "podinfo.yaml",
            [
                "ServiceAccount podinfo", "ConfigMap podinfo", "Secret podinfo", "Deployment podinfo", "Service podinfo", "PodDisruptionBudget podinfo",
                "HorizontalPodAutoscaler podinfo: 404 the server could not find the requested resource",
            ]
        },
        { "from-a-cluster.yaml", ["Deployment shop", "Service shop: 422 spec.clusterIPs", "ConfigMap shop: 400 resourceVersion should not be set on objects to be created"] },
        {
            "more-from-a-cluster.yaml",
            [
                "ReplicaSet shop-6d4cf56db6", "Pod shop-6d4cf56db6-x2x9k: 422 spec.volumes[0].projected.sources[0].serviceAccountToken", "Service shop-pods",
                "PodDisruptionBudget shop",
            ]
        },
        {
            "web-app.yaml",
            [
                "ServiceAccount release-web-app", "Secret release-web-app", "ConfigMap release-web-app", "PodDisruptionBudget release-web-app", "Service release-web-app",
                "Deployment release-web-app", "Ingress release-web-app: 404 the server could not find the requested resource",
            ]
        },
        { "worker.yaml", ["Deployment worker"] },
        { "probes.yaml", ["Deployment probes", "Deployment asks-by-grpc"] },
        { "downward.yaml", ["Deployment downward"] },
        { "projected.yaml", ["Pod projected", "Pod asks-for-a-token: 422 spec.volumes[0].projected.sources[0].serviceAccountToken"] },
        { "placed.yaml", ["Deployment placed"] },
        { "list.yaml", ["ConfigMap settings", "Service web", "Deployment web"] },
        { "documents.yaml", ["ConfigMap texts", "Deployment anchored"] },
        {
            "quantities.yaml",
            [
                "Deployment quantities", "ResourceQuota quantities",
                "Deployment asks-for-storage: 422 spec.template.spec.containers[0].resources.limits[ephemeral-storage], "
                + "spec.template.spec.containers[0].resources.requests[ephemeral-storage]",
            ]
        },
        {
            "services.yaml",
            [
                "Service plain", "Service several", "Service headless", "Service numeric-text: 422 spec.ports[0].targetPort", "Service elsewhere: 422 spec.type, spec.externalName",
                "Service without-selector", "Endpoints without-selector", "EndpointSlice without-selector-1",
            ]
        },
        { "tools.yaml", ["Deployment tools"] },
        {
            "contents.yaml",
            [
                "Secret pull", "Secret tls", "Secret basic", "Secret ssh", "Secret wrapped", "Secret not-base64: 422 data[password]", "ConfigMap binary",
                "ConfigMap number: 400 ConfigMap in version \"v1\" cannot be handled as a ConfigMap: data.port: expected a string, got the number 8080",
            ]
        },
        { "hardened.yaml", ["Deployment hardened", "PodDisruptionBudget hardened"] },
        {
            "exporter.yaml",
            ["Pod exporter", "Pod sees-all: 422 spec.hostPID, spec.containers[0].volumeMounts[0].mountPropagation", "DaemonSet agent: 404 the server could not find the requested resource"]
        },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Manifest_IsTakenAsItIs_OrRefusedByField(string file, string[] expected)
    {
        string ns = await api.NewNamespaceAsync();
        List<string> outcomes = [];
        foreach (Manifest manifest in ManifestFile.Read(file))
        {
            string outcome = await CreateAsync(manifest, ns) is { } refusal ? $": {refusal}" : "";
            outcomes.Add($"{manifest.Kind} {manifest.Name}{outcome}");
        }

        Assert.Equal(expected, outcomes);
    }

    /// <summary>What the spellings of an amount come to, which is all that a quota or a scheduler sees of them.</summary>
    [Fact]
    public async Task Quantities_AreOneAmount_HoweverTheyAreWritten()
    {
        string ns = await api.NewNamespaceAsync();
        Manifest manifest = ManifestFile.Read("quantities.yaml").First();

        JsonObject made = await api.PostAsync(manifest.HomeIn(ns), manifest.Object.ToJsonString());

        Assert.Equal(
            [
                "whole: 1000m of 1000m, 134217728 of 134217728", "fraction: 500m of 500m, 536870912 of 536870912", "exponent: 100m of 100m, 1000000 of 1000000000",
                "decimal: 250m of 1000m, 100000 of 1000000000", "text: 250m of 1000m, 1073741824 of 1073741824", "tiny: 100m of 1000m, 1 of 1500000000", "nothing: 0m of 0m, 0 of 0",
                "limits-alone: 0m of 2000m, 0 of 1099511627776",
            ],
            made["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Select(container =>
            {
                Quantity Amount(string part, string name) => container!["resources"]![part]?[name] is { } amount ? Quantity.Parse((string)amount!) : default;
                return $"{container!["name"]}: {Amount("requests", "cpu").Milli}m of {Amount("limits", "cpu").Milli}m, {Amount("requests", "memory").Value} of {Amount("limits", "memory").Value}";
            }));
    }

    /// <summary>The form that Kubernetes answers with, for who compares it with text of his own.</summary>
    [Fact]
    public async Task Quantities_ReadBackInOneForm()
    {
        string ns = await api.NewNamespaceAsync();
        Manifest[] manifests = [.. ManifestFile.Read("quantities.yaml").Take(2)];

        JsonObject deployment = await api.PostAsync(manifests[0].HomeIn(ns), manifests[0].Object.ToJsonString());
        JsonObject quota = await api.PostAsync(manifests[1].HomeIn(ns), manifests[1].Object.ToJsonString());

        string[] resources = [.. deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Where(container => (string)container!["name"]! is "whole" or "fraction" or "decimal" or "text" or "tiny").Select(container => container!["resources"]!["requests"]!.ToJsonString())];
        Assert.Equal(
            [
                """{"cpu":"1","memory":"134217728"}""", """{"cpu":"500m","memory":"512Mi"}""", """{"cpu":"250m","memory":"100k"}""",
                """{"cpu":"250m","memory":"1Gi"}""", """{"cpu":"100m","memory":"1"}""",
            ],
            resources);
        Assert.Equal(("10500m", "16G"), ((string)quota["spec"]!["hard"]!["limits.cpu"]!, (string)quota["spec"]!["hard"]!["limits.memory"]!));
    }

    /// <summary>Makes the object, and writes it again in every way.</summary>
    /// <returns>The refusal, if it is one; null when it is taken.</returns>
    private async Task<string?> CreateAsync(Manifest manifest, string ns)
    {
        string home = manifest.HomeIn(ns);
        string windows = manifest.Text.Replace("\n", "\r\n", StringComparison.Ordinal);
        (HttpStatusCode codeOfTrial, JsonObject tried) = await SendAsync(HttpMethod.Post, $"{home}?fieldValidation=Strict&dryRun=All", windows, "application/yaml");
        (HttpStatusCode code, JsonObject made) = await SendAsync(HttpMethod.Post, $"{home}?fieldValidation=Strict", manifest.Text, "application/yaml");
        Assert.Equal(codeOfTrial, code);
        if (code != HttpStatusCode.Created)
        {
            string fields = string.Join(", ", (made["details"]?["causes"]?.AsArray() ?? []).Select(cause => (string?)cause!["field"]).Distinct());
            return $"{(int)code} {(fields.Length > 0 ? fields : (string)made["message"]!)}";
        }

        Assert.Equal(Asked(made), Asked(tried));
        await WriteAgainAsync(manifest, made, $"{home}/{manifest.Name}");
        return null;
    }

    /// <summary>What was filled in is taken for no difference, whoever writes the manifest again: by server-side apply, by the patch of kubectl's own apply, by replacing.</summary>
    private async Task WriteAgainAsync(Manifest manifest, JsonObject made, string path)
    {
        string wanted = manifest.Wanted.ToJsonString();
        Assert.Equal(made.ToJsonString(), (await api.GetAsync(path)).ToJsonString());

        JsonObject applied = await api.PatchAsync($"{path}?fieldManager=again&force=true&fieldValidation=Strict", "application/apply-patch+yaml", wanted);
        AssertSame(made, applied, "applied");
        JsonObject appliedTwice = await api.PatchAsync($"{path}?fieldManager=again&fieldValidation=Strict", "application/apply-patch+yaml", wanted);
        Assert.Equal(applied.ToJsonString(), appliedTwice.ToJsonString());

        AssertSame(made, await api.PatchAsync(path, "application/strategic-merge-patch+json", wanted), "patched");
        JsonNode whole = manifest.Wanted.DeepClone();
        if ((string)made["kind"]! == "PodDisruptionBudget")
        {
            // The one kind here that is not replaced without a word about what was seen; kubectl fills it in.
            whole["metadata"]!["resourceVersion"] = (await api.GetAsync(path)).VersionOf();
        }

        JsonObject replaced = await api.PutAsync(path, whole);
        AssertSame(made, replaced, "replaced");
        Assert.Equal(replaced.ToJsonString(), (await api.PutAsync(path, replaced)).ToJsonString());
    }

    private static void AssertSame(JsonObject made, JsonObject again, string how)
    {
        (string before, string after) = (Content(made).ToJsonString(), Content(again).ToJsonString());
        Assert.True(before == after, $"{how} again, it is another one:\n{before}\n{after}");
    }

    /// <summary>All of an object but which write it is of, and who owns its fields.</summary>
    private static JsonObject Content(JsonObject read)
    {
        var content = (JsonObject)read.DeepClone();
        JsonObject metadata = content["metadata"]!.AsObject();
        metadata.Remove("resourceVersion");
        metadata.Remove("managedFields");
        return content;
    }

    /// <summary>All of an object but what is chosen anew for each.</summary>
    private static string Asked(JsonObject read)
    {
        JsonObject asked = Content(read);
        JsonObject metadata = asked["metadata"]!.AsObject();
        metadata.Remove("uid");
        metadata.Remove("creationTimestamp");
        if ((string?)asked["kind"] == "Service")
        {
            JsonObject spec = asked["spec"]!.AsObject();
            spec.Remove("clusterIP");
            spec.Remove("clusterIPs");
            foreach (JsonNode? port in spec["ports"]!.AsArray())
            {
                port!.AsObject().Remove("nodePort");
            }
        }

        return asked.ToJsonString();
    }

    private async Task<(HttpStatusCode Code, JsonObject Body)> SendAsync(HttpMethod method, string path, string body, string type)
    {
        using HttpRequestMessage request = new(method, path) { Content = new StringContent(body, Encoding.UTF8, type) };
        using HttpResponseMessage response = await api.Admin.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }
}
