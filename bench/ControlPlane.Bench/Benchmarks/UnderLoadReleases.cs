using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>
/// Releases by a RolloutPolicy while requests are sent. Each brings its policy, takes it away at its end, and leaves the Deployment whole. An abort and a switch are at once: what is sent after their answer, and after the moment
/// that gateways need to hear of it, reaches the one version alone.
/// </summary>
internal sealed class UnderLoadReleases(Rig rig, LoadedDeployment loaded, Figures figures)
{
    /// <summary>Requests a second that ask which version answers, beside the load.</summary>
    private const double Rate = 50;

    private const int ScaleDownDelaySeconds = 5;

    /// <summary>Times are stored in whole seconds: a delay may begin as much earlier.</summary>
    private const int OfATimeInSeconds = 1;

    /// <summary>Gateways hold a question for the next table; this is what a machine that is busy takes to answer three of them.</summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(2);

    private const string Canary = $$$"""
        {"type":"Canary","canary":{"service":"{{{LoadedDeployment.Name}}}","steps":[{"setWeight":10},{"pause":{"duration":"2s"}},{"setWeight":50},{"pause":{}}]}}
        """;

    private static readonly string BlueGreen = $$$"""
        {"type":"BlueGreen","blueGreen":{"activeService":"{{{LoadedDeployment.Name}}}","previewService":"{{{LoadedDeployment.PreviewService}}}",
                                         "autoPromotionEnabled":false,"scaleDownDelaySeconds":{{{DelayText}}}}}
        """;

    private static string DelayText => ScaleDownDelaySeconds.ToString(CultureInfo.InvariantCulture);

    private readonly LoadedReleases releases = new(rig.Client);

    /// <summary>A tenth of the requests, half of them, then all.</summary>
    public async Task PromoteCanaryAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(Canary, cancellationToken);
        await releases.HasWeightAsync(50, cancellationToken);
        await releases.ActAsync("promote", cancellationToken);
        await EndAsync(cancellationToken);
    }

    /// <summary>Half of the requests, then none again.</summary>
    public async Task AbortCanaryAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(Canary, cancellationToken);
        await releases.HasWeightAsync(50, cancellationToken);
        await WithVersionsAsync(
            async asking =>
            {
                string given = loaded.Version;
                await releases.ActAsync("abort", cancellationToken);
                long aborted = Stopwatch.GetTimestamp();
                await loaded.HasPodsAsync(LoadedDeployment.Replicas, cancellationToken);
                IsOver("an abort: until the last request to the canary", asking.LastSentAfter(given, aborted));
            },
            cancellationToken);

        // What runs is declared again, so that what is done next finds a Deployment without a failed revision.
        await loaded.DeclareLastButOneAsync(cancellationToken);
        await EndAsync(cancellationToken);
    }

    /// <summary>A second set of pods, all requests to it at once, and the first set's end, not before its delay is over.</summary>
    public async Task SwitchBlueGreenAsync(CancellationToken cancellationToken)
    {
        string old = loaded.Version;
        await BeginAsync(BlueGreen, cancellationToken);
        await releases.HasPhaseAsync("WaitingForPromotion", cancellationToken);
        await WithVersionsAsync(
            async asking =>
            {
                await releases.ActAsync("promote", cancellationToken);
                long switched = Stopwatch.GetTimestamp();
                await loaded.HasPodsAsync(LoadedDeployment.Replicas, cancellationToken);
                double stayed = Stopwatch.GetElapsedTime(switched).TotalSeconds;
                IsOver("a switch: until the last request to the old version", asking.LastSentAfter(old, switched));
                figures.Add("a switch: the old version stayed for", "s", stayed);
                if (stayed < ScaleDownDelaySeconds - OfATimeInSeconds)
                {
                    figures.Breaches.Add($"the old version was gone {stayed:0.0} s after a switch, and its delay is {DelayText} s");
                }
            },
            cancellationToken);
        await EndAsync(cancellationToken);
    }

    private void IsOver(string name, TimeSpan after)
    {
        figures.Add(name, "ms", after.TotalMilliseconds);
        if (after > HeardWithin)
        {
            figures.Breaches.Add($"{name}: {after.TotalMilliseconds:0} ms, and {HeardWithin.TotalMilliseconds:0} ms are allowed");
        }
    }

    /// <summary>Asks all gateways which version answers, while something is done.</summary>
    private async Task WithVersionsAsync(Func<VersionLoad, Task> act, CancellationToken cancellationToken)
    {
        using VersionLoad asking = new() { SlowFrom = TimeSpan.MaxValue };
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = asking.RunAsync(loaded.Targets, Rate, enough.Token);
        try
        {
            await act(asking);
        }
        finally
        {
            await enough.CancelAsync();
            await EndAsync(running);
        }
    }

    /// <summary>A question that was not answered as a pod does is a lost request.</summary>
    private async Task EndAsync(Task asking)
    {
        try
        {
            await asking;
        }
        catch (Exception lost) when (lost is HttpRequestException or JsonException or KeyNotFoundException)
        {
            figures.Breaches.Add($"a request that asked for the version was lost: {lost.Message}");
        }
    }

    private async Task BeginAsync(string strategy, CancellationToken cancellationToken)
    {
        await releases.DeclarePolicyAsync(strategy, cancellationToken);
        await loaded.DeclareNextAsync(cancellationToken);
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
        await releases.DeletePolicyAsync(cancellationToken);
    }
}
