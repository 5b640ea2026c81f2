using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

[Collection(SharedProductCollection.Name)]
public sealed class MetricsTests(SharedProduct shared)
{
    [Fact]
    public async Task Metrics_TellWhoLeadsAndThatNothingIsBraked()
    {
        string text = await shared.Kubectl().OkAsync("get", "--raw", "/metrics");

        Assert.Matches(@"(?m)^controlplane_leader\{[^}]*\} 1$", text);
        Assert.Matches(@"(?m)^controlplane_evictions_stopped\{[^}]*\} 0$", text);
        Assert.Matches(@"(?m)^controlplane_nodes_silent\{[^}]*\} 0$", text);
        Assert.Matches(@"(?m)^controlplane_passes_total\{[^}]*\} [1-9]\d*$", text);
    }
}
