using System.Globalization;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>How fast the API makes small objects and patches them, each durable before it is answered, beside PostgreSQL that writes the same rows by itself.</summary>
internal static class ApiWrites
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    private const string Limit = "bare PostgreSQL, the same rows";
    private const string Mergepatch = "application/merge-patch+json";

    public static async Task MeasureAsync(Rig rig, RowWrites postgres, Figures figures, int repeat, CancellationToken cancellationToken)
    {
        int number = 0;
        Task CreateAsync(int caller) => rig.Client.SendAsync(
            HttpMethod.Post, ConfigMaps, ConfigMapOf($"made-{Text(Interlocked.Increment(ref number))}"), "application/json", cancellationToken);
        Task PatchAsync(int caller) => rig.Client.SendAsync(
            HttpMethod.Patch, $"{ConfigMaps}/{NameOf(caller)}", $$$"""{"data":{"turn":"{{{Text(Interlocked.Increment(ref number))}}}"}}""", Mergepatch, cancellationToken);

        foreach (int caller in Enumerable.Range(0, ClosedLoop.Callers))
        {
            await rig.Client.SendAsync(HttpMethod.Post, ConfigMaps, ConfigMapOf(NameOf(caller)), "application/json", cancellationToken);
        }

        await ClosedLoop.RunAsync(CreateAsync);
        for (int i = 0; i < repeat; i++)
        {
            await MeasureAsync(postgres, figures, "create", CreateAsync, cancellationToken);
            await MeasureAsync(postgres, figures, "patch", PatchAsync, cancellationToken);
        }

        await rig.Client.SendAsync(HttpMethod.Delete, ConfigMaps, "{}", "application/json", cancellationToken);
    }

    private static async Task MeasureAsync(RowWrites postgres, Figures figures, string name, Func<int, Task> call, CancellationToken cancellationToken)
    {
        long before = await postgres.RevisionAsync(cancellationToken);
        ClosedLoop load = await ClosedLoop.RunAsync(call);
        figures.Add($"{name} rate", "1/s", load.Rate, load.Count / await postgres.RepeatAsync(before, cancellationToken), Limit);
        figures.Add($"{name} p50", "ms", load.P50);
        figures.Add($"{name} p99", "ms", load.P99);
    }

    private static string NameOf(int caller) => $"patched-{Text(caller)}";

    private static string ConfigMapOf(string name) => $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{"turn":"0","text":"some settings"}}""";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
