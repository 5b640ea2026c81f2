using System.Globalization;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>A Deployment of real containers created, rolled to another image and deleted, beside the bare engine that starts and removes as many in the same run.</summary>
internal static class DockerLife
{
    /// <summary>The most that it may take, as a multiple of the bare engine's time.</summary>
    private const double MaxRatio = 1.15;

    private const string Limit = "the bare engine";

    private static readonly TimeSpan PhaseTimeout = TimeSpan.FromMinutes(5);

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using BareEngine bare = await BareEngine.StartAsync(RuntimeChoice.EngineAddress(), cancellationToken);
        await using Rig rig = await Rig.StartRealAsync(nodes: 1, drains: true, cancellationToken, RealNode.Docker);
        Figures figures = new($"docker: {options.Pods} containers on one engine, {options.Repeat} times");
        int few = Math.Min(options.Pods, 5);
        await CycleAsync(rig, bare, few, (_, act, _) => act(), cancellationToken);
        for (int i = 0; i < options.Repeat; i++)
        {
            await CycleAsync(rig, bare, options.Pods, (name, act, limit) => MeasureAsync(figures, rig, name, act, limit), cancellationToken);
        }

        foreach (Figure figure in figures.All().Where(figure => figure.Ratio > MaxRatio))
        {
            figures.Breaches.Add($"{figure.Name}: {figure.Ratio:0.00} times what {Limit} takes, at most {MaxRatio} are allowed");
        }

        return figures;
    }

    private static async Task CycleAsync(
        Rig rig, BareEngine bare, int pods, Func<string, Func<Task>, double, Task> phase, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(PhaseTimeout);
        double started = await bare.RunAsync(pods, late.Token);
        double removed = await bare.RemoveAsync(pods, late.Token);
        await phase("create", () => LifeCycle.CreateAsync(rig.Client, Manifest(pods), pods, late.Token), started);
        await phase("roll", () => LifeCycle.RollAsync(rig.Client, pods, ImageOf(1), late.Token), started + removed);
        await phase("delete", () => LifeCycle.DeleteWithPodsAsync(rig.Client, late.Token), removed);
    }

    private static async Task MeasureAsync(Figures figures, Rig rig, string name, Func<Task> act, double limit)
    {
        using Meter meter = Meter.Start(rig.Processes);
        await act();
        Measured measured = await meter.StopAsync();
        figures.Add($"{name} seconds", "s", measured.Seconds, limit, Limit);
        foreach ((string process, double seconds) in measured.CpuSeconds)
        {
            figures.Add($"{name}: cpu of {process}", "CPU-s", seconds);
        }
    }

    private static string ImageOf(int version) => $"{BareEngine.Repository}:{BareEngine.Versions[version]}";

    /// <summary>No time to end in, for the program takes no notice of being asked.</summary>
    private static string Manifest(int pods) => $$$$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{{{LifeCycle.Name}}}}}"},
         "spec":{"replicas":{{{{{pods.ToString(CultureInfo.InvariantCulture)}}}}},"selector":{"matchLabels":{"app":"{{{{{LifeCycle.Name}}}}}"}},
                 "template":{"metadata":{"labels":{"app":"{{{{{LifeCycle.Name}}}}}"}},
                             "spec":{"terminationGracePeriodSeconds":0,
                                     "containers":[{"name":"main","image":"{{{{{ImageOf(0)}}}}}","ports":[{"containerPort":8080}]}]}}}}
        """;
}
