using System.Runtime.InteropServices;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Launcher;
using ControlPlane.Launcher.Output;
using ControlPlane.Launcher.Processes;
using ControlPlane.Launcher.Starting;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(LauncherOptions.Usage);
    return 0;
}

LauncherOptions options;
try
{
    options = LauncherOptions.Parse(args, Environment.GetEnvironmentVariable);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n\n{LauncherOptions.Usage}");
    return 2;
}

// The first signal stops everything in order; a second one stops waiting for whatever is slow.
using CancellationTokenSource stop = new();
using CancellationTokenSource hurry = new();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = true;
    (stop.IsCancellationRequested ? hurry : stop).Cancel();
}

// A shell that starts ./run with & lets it ignore SIGINT; what stops everything in order shall work there, too.
Signals.Restore(Signals.Interrupt);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);

Terminal terminal = new(Console.Out, Console.Error);
try
{
    await new Launch(options, terminal, TimeProvider.System).RunAsync(stop.Token, hurry.Token);
    return 0;
}
catch (Exception exception) when (exception is LauncherException or EmbeddedPostgresException)
{
    terminal.Warn(exception.Message);
    return 1;
}
