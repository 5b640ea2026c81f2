using System.Diagnostics;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>
/// Requests to a Service through the gateways of all nodes, at half of what the machine carries, while everything that may happen to its pods and to the data path in order happens, again and
/// again. None may be lost.
/// </summary>
internal static class UnderLoad
{
    private const int Nodes = 3;

    /// <summary>Callers of each kind for each address: three node ports and the cluster address.</summary>
    private const int CallersOfTarget = 3;

    /// <summary>Of the requests, when draining is off: they are lost soon enough.</summary>
    private const int OffPart = 5;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Calibration = TimeSpan.FromSeconds(5);

    /// <summary>One thing that is done takes at most so long, or it has failed.</summary>
    private static readonly TimeSpan ActTimeout = TimeSpan.FromMinutes(5);

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        Figures figures = new($"{options.Name}: {LoadedDeployment.Replicas} pods on {Nodes} nodes, {options.Runtime} runtime");
        if (options.Drain is "on" or "both")
        {
            await RunOnceAsync(options, drains: true, figures, cancellationToken);
        }

        if (options.Drain is "off" or "both")
        {
            BenchOptions shorter = options.Drain == "both"
                ? options with { Requests = Math.Max(1, options.Requests / OffPart), Seconds = Math.Max(1, options.Seconds / OffPart) }
                : options;
            await RunOnceAsync(shorter, drains: false, figures, cancellationToken);
        }

        return figures;
    }

    private static async Task RunOnceAsync(BenchOptions options, bool drains, Figures figures, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartRealAsync(Nodes, drains, cancellationToken, options.Runtime);
        Kubectl kubectl = rig.KubectlOf(options.Kubectl);
        await kubectl.RunAsync(["version"], cancellationToken);
        LoadedDeployment loaded = new(rig);
        await loaded.StartAsync(cancellationToken);
        LoadGenerator load = LoadGenerator.OfBothKinds(loaded.Targets, CallersOfTarget);
        UnderLoadActs acts = new(rig, loaded, load, kubectl, figures);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = load.RunAsync(enough.Token);
        try
        {
            double carried = await CalibrateAsync(load, cancellationToken);
            load.Rate = options.Rate ?? carried / 2;
            load.Reset();
            string suffix = drains ? "" : ", no draining";
            figures.Add($"carried{suffix}", "1/s", carried);
            long start = Stopwatch.GetTimestamp();
            for (int round = 0; !IsEnough(round); round++)
            {
                foreach ((string name, Func<CancellationToken, Task> act) in acts.All())
                {
                    if (IsEnough(round))
                    {
                        break;
                    }

                    figures.Add($"lost: {name}{suffix}", "1", await LostDuringAsync(load, act, cancellationToken));
                    await Console.Error.WriteLineAsync($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, {load.Requests} requests, {load.Failed} lost: {name}{suffix}");
                }
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            await enough.CancelAsync();
            await running;
            Report(load, figures, suffix, seconds, drains);

            bool IsEnough(int round) => options.Rounds is { } rounds
                ? round >= rounds
                : load.Requests >= options.Requests || Stopwatch.GetElapsedTime(start).TotalSeconds >= options.Seconds;
        }
        finally
        {
            await enough.CancelAsync();
            await running;
        }
    }

    /// <summary>How many requests a second are answered when each caller sends its next one at once.</summary>
    private static async Task<double> CalibrateAsync(LoadGenerator load, CancellationToken cancellationToken)
    {
        await Task.Delay(WarmUp, cancellationToken);
        load.Reset();
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(Calibration, cancellationToken);
        double carried = load.Requests / Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (load.Failed > 0)
        {
            throw new BenchException($"requests were lost before anything was done: {string.Join("; ", load.Failures())}");
        }

        return carried;
    }

    private static async Task<long> LostDuringAsync(LoadGenerator load, Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        long before = load.Failed;
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(ActTimeout);
        await act(late.Token);
        return load.Failed - before;
    }

    private static void Report(LoadGenerator load, Figures figures, string suffix, double seconds, bool drains)
    {
        figures.Add($"requests{suffix}", "1", load.Requests);
        figures.Add($"requests a second{suffix}", "1/s", load.Requests / seconds);
        figures.Add($"lost{suffix}", "1", load.Failed);
        figures.Add($"lost of a million{suffix}", "1", load.Failed * 1e6 / Math.Max(1, load.Requests));
        figures.Add($"p50{suffix}", "ms", load.Percentile(0.5));
        figures.Add($"p99{suffix}", "ms", load.Percentile(0.99));
        figures.Add($"gateways killed{suffix}", "1", load.Outages);
        figures.Add($"in flight on a killed gateway{suffix}", "1", load.CutWithKilled);
        figures.Add($"kept connections that it closed{suffix}", "1", load.ClosedByKilled);
        figures.Add($"refused while it was away{suffix}", "1", load.RefusedByKilled);
        if (drains && load.Failed > 0)
        {
            figures.Breaches.Add($"{load.Failed} of {load.Requests} requests were lost, and none may be:");
            figures.Breaches.AddRange(load.Failures());
        }
    }
}
