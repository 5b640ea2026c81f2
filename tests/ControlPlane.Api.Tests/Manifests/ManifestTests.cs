using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Manifests;

/// <summary>
/// Manifests as people have them from their clusters: each document is taken as it is, and taken again without a change, or refused with what names the field.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed partial class ManifestTests(ApiServer api)
{
    /// <summary>For each document what comes of it: nothing more where it is taken, else the code and the field or the words.</summary>
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
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Manifest_IsTakenAsItIs_OrRefusedByField(string file, string[] expected)
    {
        string ns = await api.NewNamespaceAsync();
        List<string> outcomes = [];
        foreach (string document in DocumentsOf(file))
        {
            outcomes.Add(await OutcomeAsync(document, ns));
        }

        Assert.Equal(expected, outcomes);
    }

    private async Task<string> OutcomeAsync(string document, string ns)
    {
        (string version, string kind, string name) = (First(ApiVersion(), document), First(Kind(), document), First(Name(), document));
        string home = HomeOf(version, kind, ns);
        (HttpStatusCode code, JsonObject made) = await SendAsync(HttpMethod.Post, $"{home}?fieldValidation=Strict", document, "application/yaml");
        if (code != HttpStatusCode.Created)
        {
            string? field = (string?)made["details"]?["causes"]?[0]?["field"];
            return $"{kind} {name}: {(int)code} {field ?? (string)made["message"]!}";
        }

        // Applied again as it is, it changes nothing that was asked for: what was filled in has not been taken for a difference.
        string again = ServerSet().Replace(document, "");
        (code, JsonObject applied) = await SendAsync(HttpMethod.Patch, $"{home}/{name}?fieldManager=again&force=true&fieldValidation=Strict", again, "application/apply-patch+yaml");
        Assert.True(code == HttpStatusCode.OK, $"{kind} {name}: {applied}");
        foreach (string part in new[] { "spec", "data", "type", "status" })
        {
            Assert.Equal(made[part]?.ToJsonString(), applied[part]?.ToJsonString());
        }

        Assert.Equal(made["metadata"]!["generation"]?.ToJsonString(), applied["metadata"]!["generation"]?.ToJsonString());
        Assert.Equal(made["metadata"]!["labels"]?.ToJsonString(), applied["metadata"]!["labels"]?.ToJsonString());
        return $"{kind} {name}";
    }

    private async Task<(HttpStatusCode Code, JsonObject Body)> SendAsync(HttpMethod method, string path, string body, string type)
    {
        using HttpRequestMessage request = new(method, path) { Content = new StringContent(body, Encoding.UTF8, type) };
        using HttpResponseMessage response = await api.Admin.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    /// <summary>Where clients find the kind; for one that is not served, where Kubernetes has it.</summary>
    private static string HomeOf(string version, string kind, string ns)
    {
        string plural = ResourceKinds.All.FirstOrDefault(one => one.Kind == kind)?.Plural ?? (kind == "Ingress" ? "ingresses" : $"{kind.ToLowerInvariant()}s");
        return $"/{(version.Contains('/', StringComparison.Ordinal) ? "apis" : "api")}/{version}/namespaces/{ns}/{plural}";
    }

    /// <summary>As kubectl cuts them, comments and empty ones left out.</summary>
    private static IEnumerable<string> DocumentsOf(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(ManifestTests).Namespace}.{file}")!;
        using StreamReader reader = new(stream);
        return [.. Separator().Split(reader.ReadToEnd()).Where(document => Kind().IsMatch(document))];
    }

    private static string First(Regex pattern, string document) => pattern.Match(document).Groups["value"].Value;

    [GeneratedRegex(@"^---\s*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Separator();

    [GeneratedRegex(@"^apiVersion: (?<value>\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ApiVersion();

    [GeneratedRegex(@"^kind: (?<value>\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Kind();

    /// <summary>The object's own: no deeper than its metadata.</summary>
    [GeneratedRegex(@"^(metadata: \{|  )name: (?<value>[^\s,]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    /// <summary>What server-side apply refuses from clients, and who made the object is new.</summary>
    [GeneratedRegex(@"^  (managedFields:\n(  - .*\n|    .*\n)+|uid: .*\n|creationTimestamp: .*\n)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServerSet();
}
