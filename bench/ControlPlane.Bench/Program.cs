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

using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    Figures figures = options.Name switch
    {
        "steady" => await Steady.RunAsync(options, stop.Token),
        "node-loss" => await NodeLoss.RunAsync(options, stop.Token),
        "recover" => await Recover.RunAsync(options, stop.Token),
        "many-deployments" => await ManyDeployments.RunAsync(options, stop.Token),
        "reads" => await Reads.RunAsync(options, stop.Token),
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
