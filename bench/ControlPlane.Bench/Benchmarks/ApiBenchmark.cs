using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>How fast the API answers while so many pods are there: reads, writes, and changes told to watchers.</summary>
internal static class ApiBenchmark
{
    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartAsync(options, cancellationToken);
        await LifeCycle.CreateAsync(rig.Client, options, cancellationToken);
        Figures figures = new(
            $"api: {options.Pods} pods, {options.Nodes} hollow nodes, {options.Repeat} times, {ClosedLoop.Callers} callers and {options.Watchers} watchers in the benchmark's own process");
        await ApiReads.MeasureAsync(rig, figures, options.Repeat, cancellationToken);
        RowWrites postgres = new(rig.ConnectionString);
        await ApiWrites.MeasureAsync(rig, postgres, figures, options.Repeat, cancellationToken);
        await ApiWatches.MeasureAsync(rig, figures, options, cancellationToken);
        return figures;
    }
}
