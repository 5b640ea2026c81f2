using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Hosting;

/// <summary>Wakes the pod loop when the runtime says that something changed. Its resync backs a wake that is lost.</summary>
internal sealed class RuntimeWatch(IContainerRuntime runtime, Signals signals, RetryDelay delay, TimeProvider time, ILogger<RuntimeWatch> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await runtime.WatchAsync(
                    () =>
                    {
                        delay.Reset();
                        signals.Pods.Set();
                    },
                    stoppingToken);
            }
            catch (RuntimeUnavailableException exception)
            {
                log.RuntimeUnavailable(exception.Message);
            }

            await Task.Delay(delay.Next(), time, stoppingToken);
        }
    }
}

/// <summary>Keeps the host clean: rotates logs, removes images that nothing uses from a full disk.</summary>
internal sealed class Housekeeping(IContainerRuntime runtime, TimeProvider time, ILogger<Housekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await runtime.CleanAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is RuntimeUnavailableException or IOException or UnauthorizedAccessException)
            {
                log.CleaningFailed(exception.Message);
            }
        }
    }
}
