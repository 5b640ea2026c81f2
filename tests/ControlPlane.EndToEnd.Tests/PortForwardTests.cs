using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary><c>kubectl port-forward</c> on the process runtime: over SPDY, and by the newer kubectl in a WebSocket.</summary>
[Collection(SharedProductCollection.Name)]
public sealed partial class PortForwardTests(SharedProduct shared)
{
    private const string WebPod =
        """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [
         {"name": "web", "image": "hello:v1", "ports": [{"containerPort": 8080}, {"containerPort": 9}], "env": [{"name": "POD_NAME", "value": "web"}],
          "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "timeoutSeconds": 5}},
         {"name": "other", "image": "hello:v2", "ports": [{"containerPort": 8081}], "env": [{"name": "POD_NAME", "value": "other"}],
          "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8081}, "periodSeconds": 1, "timeoutSeconds": 5}}]}}
        """;

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Forward_CarriesConnectionsSideBySide_AndSaysWhyOneFails(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("forward"));
        (await kubectl.RunWithInputAsync(WebPod, "create", "-f", "-")).OrThrow();
        await kubectl.OkAsync("wait", "--for=condition=Ready", "pod/web", "--timeout=150s");
        await using PortForward forward = await PortForward.StartAsync(kubectl, "web", "8080", "8081", "9");

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => ReadAsync(forward[number % 2 == 0 ? "8080" : "8081"])));
        Assert.Equal(["web", "other", "web", "other", "web", "other", "web", "other"], answers.Select(answer => (string)JsonNode.Parse(answer)!["pod"]!));

        // Nobody listens on port 9. kubectl says why; the older one goes on, the newer one ends by itself.
        await Assert.ThrowsAsync<HttpRequestException>(() => ReadAsync(forward["9"]));
        await shared.Product.EventuallyAsync(
            "kubectl says what failed",
            TimeSpan.FromSeconds(90),
            () => Task.FromResult(Refusal().IsMatch(forward.Said) ? null : forward.Said));
        if (version == "1.20")
        {
            Assert.Equal("web", (string)JsonNode.Parse(await ReadAsync(forward["8080"]))!["pod"]!);
        }
    }

    /// <summary>kubectl's own words, then what the answer says: of which pod, and why.</summary>
    [GeneratedRegex(@"an error occurred forwarding \d+ -> 9: error forwarding port 9 to pod web, uid [0-9a-f-]+: .*refused", RegexOptions.None, 1000)]
    private static partial Regex Refusal();

    /// <summary>Over a connection of its own.</summary>
    private static async Task<string> ReadAsync(int port)
    {
        using HttpClient http = new();
        return await http.GetStringAsync(new Uri($"http://{IPAddress.Loopback}:{port}/"));
    }
}
