using System.Diagnostics;

namespace ControlPlane.Bench.Measuring;

/// <summary>Time, processor time and the most memory of a few processes, from its start until <see cref="StopAsync"/>.</summary>
internal sealed class Meter : IDisposable
{
    /// <summary>Reading a process's memory costs it about a millisecond.</summary>
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(500);

    private readonly IReadOnlyDictionary<string, ProcessTree> processes;
    private readonly Dictionary<string, double> cpuAtStart;
    private readonly Dictionary<string, double> mostMemory = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stop = new();
    private readonly long startedAt;
    private readonly Task sampling;

    private Meter(IReadOnlyDictionary<string, ProcessTree> processes)
    {
        this.processes = processes;
        cpuAtStart = processes.ToDictionary(process => process.Key, process => process.Value.CpuSeconds(), StringComparer.Ordinal);
        startedAt = Stopwatch.GetTimestamp();
        sampling = SampleAsync();
    }

    public static Meter Start(IReadOnlyDictionary<string, ProcessTree> processes) => new(processes);

    /// <summary>Ends the measurement and adds what it found: <c>seconds</c>, and for each process CPU-seconds and PSS.</summary>
    public async Task<Measured> StopAsync()
    {
        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        Dictionary<string, double> cpu = processes.ToDictionary(
            process => process.Key, process => process.Value.CpuSeconds() - cpuAtStart[process.Key], StringComparer.Ordinal);
        await stop.CancelAsync();
        await sampling;
        Sample();
        return new Measured(seconds, cpu, mostMemory);
    }

    public void Dispose() => stop.Dispose();

    private async Task SampleAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(SampleInterval, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stop.IsCancellationRequested)
            {
                Sample();
            }
        }
    }

    private void Sample()
    {
        foreach ((string name, ProcessTree process) in processes)
        {
            mostMemory[name] = Math.Max(mostMemory.GetValueOrDefault(name), process.MemoryMegabytes());
        }
    }
}

/// <summary>What a <see cref="Meter"/> found.</summary>
/// <param name="CpuSeconds">By process.</param>
/// <param name="MostMemory">Peak PSS by process, in MB.</param>
internal sealed record Measured(double Seconds, IReadOnlyDictionary<string, double> CpuSeconds, IReadOnlyDictionary<string, double> MostMemory);
