using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

[Collection(SharedProductCollection.Name)]
public sealed class MetricsTests(SharedProduct shared)
{
    [Fact]
    public async Task Metrics_TellWhoLeadsAndThatNothingIsBraked()
    {
        string[] expected =
        [
            @"(?m)^controlplane_leader\{[^}]*\} 1$", @"(?m)^controlplane_evictions_stopped\{[^}]*\} 0$", @"(?m)^controlplane_nodes_silent\{[^}]*\} 0$",
            @"(?m)^controlplane_passes_total\{[^}]*\} [1-9]\d*$",
        ];

        // Another test may have killed the API or an agent just before: then somebody leads again, and every node is heard, a moment later.
        await shared.Product.EventuallyAsync("the figures of a product at rest", TimeSpan.FromSeconds(60), async () =>
        {
            string text = await shared.Kubectl().OkAsync("get", "--raw", "/metrics");
            return expected.FirstOrDefault(pattern => !Regex.IsMatch(text, pattern)) is { } missing ? $"{missing} is not in\n{text}" : null;
        });
    }
}
