using System.Runtime.InteropServices;
using ControlPlane.Bench;
using ControlPlane.Bench.Benchmarks;
using ControlPlane.Bench.Hollow;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Measuring;

// The processes that a benchmark starts beside itself are this same program.
switch (args)
{
    case ["--help" or "-h"]:
        Console.WriteLine(BenchOptions.Usage);
        return 0;
    case ["hollow-nodes", .. var rest]:
        await HollowNodes.RunAsync(HollowOptions.Parse(rest));
        return 0;
    case ["bare-kestrel", var file]:
        await BareKestrel.RunAsync(file);
        return 0;
}

BenchOptions options;
try
{
    options = BenchOptions.Parse(args);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n\n{BenchOptions.Usage}");
    return 2;
}

// A benchmark that is told to end stops what it has started: ./bench/run leaves nothing behind, however it ends.
using CancellationTokenSource stop = new();
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

try
{
    Figures figures = options.Name switch
    {
        Scaling.Name => await Scaling.RunAsync(options, stop.Token),
        "idle" => await Idle.RunAsync(options, stop.Token),
        Steady.Name => await Steady.RunAsync(options, stop.Token),
        "node-loss" => await NodeLoss.RunAsync(options, stop.Token),
        "recover" => await Recover.RunAsync(options, stop.Token),
        "many-deployments" => await ManyDeployments.RunAsync(options, stop.Token),
        "api" => await ApiBenchmark.RunAsync(options, stop.Token),
        BenchOptions.Docker => await DockerLife.RunAsync(options, stop.Token),
        "canary" => await Canaries.RunAsync(options, stop.Token),
        "gateway" => await GatewayBesideProxies.RunAsync(options, stop.Token),
        BenchOptions.UnderLoad => await UnderLoad.RunAsync(options, stop.Token),
        _ => await LifeCycle.RunAsync(options, stop.Token),
    };
    figures.Print(Console.Out);
    if (options.JsonFile is { } path)
    {
        await figures.WriteAsync(path, stop.Token);
    }

    foreach (string breach in figures.Breaches)
    {
        await Console.Error.WriteLineAsync(breach);
    }

    return figures.Breaches.Count == 0 ? 0 : 1;
}
catch (BenchException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("stopped before its end");
    return 130;
}
