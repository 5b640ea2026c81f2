using System.Globalization;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>
/// What one pod takes to be created, and to be rolled to a new template, at several numbers of pods or of nodes. Each size has a control plane of its own, so that none pays for what another has left behind.
/// </summary>
internal static class Scaling
{
    public const string Name = "scaling";

    /// <summary>The most that a pod may take at one size, of what it takes at another.</summary>
    private const double SpreadMax = 1.5;

    private static readonly string[] Phases = ["create", "roll"];

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        bool overNodes = options.Over == BenchOptions.OverNodes;
        IReadOnlyList<int> sizes = options.Sizes ?? (overNodes ? [100, 500, 1_000, 2_000, 5_000] : [1_000, 5_000, 20_000, 50_000, 150_000]);
        string fixedPart = overNodes ? $"{options.Pods} pods" : $"{options.Nodes} hollow nodes";
        Figures figures = new($"{Name}: over {options.Over}, {fixedPart}, {options.Repeat} times each");
        List<Curve> curves = [.. Phases.Select(phase => new Curve($"{phase}, {fixedPart}"))];
        foreach (int size in sizes)
        {
            BenchOptions sized = overNodes ? options with { Nodes = size } : options with { Pods = size };
            IReadOnlyDictionary<string, Figures> all;
            try
            {
                all = await MeasureAsync(sized, cancellationToken);
            }
            catch (BenchException failed)
            {
                // What was measured until then is worth having.
                figures.Breaches.Add($"{size} {options.Over}: {failed.Message}");
                break;
            }

            foreach ((string phase, Figures found) in all)
            {
                IReadOnlyList<double> times = [.. found.All().Single(figure => figure.Name == "seconds").Values.Select(seconds => seconds / sized.Pods * 1e6)];
                string at = $"{phase} {size.ToString("N0", CultureInfo.InvariantCulture)}";
                figures.AddAll($"{at}: a pod", "µs", times);
                figures.AddAll($"{at}: cpu for a pod", "µs", found.All().Single(figure => figure.Name == "cpu for each pod").Values);
                curves[Array.IndexOf(Phases, phase)].Add(size, times);
            }
        }

        curves.RemoveAll(curve => curve.Points.Count == 0);
        foreach (Curve curve in curves)
        {
            figures.Add($"{curve.Name}: most by least", "1", curve.Spread, SpreadMax, "the most that it may be");
            if (curve.Spread > SpreadMax)
            {
                figures.Breaches.Add($"{curve.Name}: a pod takes {curve.Spread:0.00} times as long at one size as at another; at most {SpreadMax:0.0} times");
            }
        }

        if (options.PlotFile is { } file && curves.Count > 0)
        {
            await Plot.WriteAsync(file, $"One pod, over the number of {options.Over}", options.Over, "µs for a pod", curves, cancellationToken);
        }

        return figures;
    }

    private static async Task<IReadOnlyDictionary<string, Figures>> MeasureAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        Dictionary<string, Figures> all = Phases.ToDictionary(phase => phase, phase => new Figures(phase), StringComparer.Ordinal);
        await using Rig rig = await Rig.StartAsync(options, cancellationToken);
        RowWrites postgres = new(rig.ConnectionString);
        await LifeCycle.RepeatAsync(
            rig,
            options,
            (phase, act) => all.TryGetValue(phase, out Figures? figures) ? Phase.MeasureAsync(rig, postgres, options, figures, act, cancellationToken, hasLimit: false) : act(),
            cancellationToken);
        return all;
    }
}
