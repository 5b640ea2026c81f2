using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>What pods cost that run and to which nothing happens: their nodes go on reporting, and nothing is to be written but signs of life.</summary>
internal static class Idle
{
    /// <summary>Ten reports of each node.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    /// <summary>Until the last statuses of the start are reported and stored.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartAsync(options, cancellationToken);
        RowWrites postgres = new(rig.ConnectionString);
        await LifeCycle.CreateAsync(rig.Client, options, cancellationToken);
        await Task.Delay(Settling, cancellationToken);
        Figures figures = new($"idle: {options.Pods} pods, {options.Nodes} hollow nodes, {options.Repeat} times {Duration.TotalSeconds:0} s in which nothing happens");
        for (int i = 0; i < options.Repeat; i++)
        {
            long before = await postgres.RevisionAsync(cancellationToken);
            using Meter meter = Meter.Start(rig.Processes);
            await Task.Delay(Duration, cancellationToken);
            Measured measured = await meter.StopAsync();
            double cpu = measured.CpuSeconds["api"] + measured.CpuSeconds["postgresql"];
            figures.Add("seconds", "s", measured.Seconds);
            figures.Add("cpu_seconds", "CPU-s", cpu);
            figures.Add("share of one processor", "%", cpu / measured.Seconds * 100);
            figures.Add("changes", "1", await postgres.RevisionAsync(cancellationToken) - before);
            Phase.AddProcesses(figures, measured);
        }

        return figures;
    }
}
