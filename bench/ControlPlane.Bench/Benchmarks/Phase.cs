using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>What one phase of a benchmark costs, beside what PostgreSQL alone needs for the same rows.</summary>
internal static class Phase
{
    public static async Task MeasureAsync(
        Rig rig, RowWrites postgres, BenchOptions options, Figures figures, Func<Task> act, CancellationToken cancellationToken, bool hasLimit = true)
    {
        long before = await postgres.RevisionAsync(cancellationToken);
        long walBefore = await postgres.WalAsync(cancellationToken);
        using Meter meter = Meter.Start(rig.Processes);
        await act();
        Measured measured = await meter.StopAsync();
        long changes = await postgres.RevisionAsync(cancellationToken) - before;
        long wal = await postgres.WalAsync(cancellationToken) - walBefore;
        figures.Add("seconds", "s", measured.Seconds, hasLimit ? await postgres.RepeatAsync(before, cancellationToken) : null, "bare PostgreSQL, the same rows");
        double cpu = measured.CpuSeconds["api"] + measured.CpuSeconds["postgresql"];
        figures.Add("cpu_seconds", "CPU-s", cpu);
        figures.Add("cpu for each pod", "µs", cpu / options.Pods * 1e6);
        figures.Add("changes for each pod", "1", (double)changes / options.Pods);
        figures.Add("change log for each pod", "B", (double)await postgres.LogBytesAsync(before, cancellationToken) / options.Pods);
        figures.Add("wal for each pod", "B", (double)wal / options.Pods);
        AddProcesses(figures, measured);
    }

    /// <summary>Adds each process' processor time and most memory.</summary>
    public static void AddProcesses(Figures figures, Measured measured)
    {
        foreach ((string process, double seconds) in measured.CpuSeconds)
        {
            figures.Add($"cpu of {process}", "CPU-s", seconds);
        }

        foreach ((string process, double megabytes) in measured.MostMemory)
        {
            figures.Add($"peak memory of {process}", "MB PSS", megabytes);
        }
    }
}
