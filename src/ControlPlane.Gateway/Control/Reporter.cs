using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Control;

/// <summary>Reports what is acted on and what is still in flight: at once when either matters, else as a sign of life.</summary>
internal sealed class Reporter(
    ControlPlaneClient controlPlane, Router router, TrafficMeter meter, Acknowledged acknowledged, TimeProvider time, ILogger<Reporter> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly string instance = Guid.NewGuid().ToString("N");
    private readonly RetryDelay delay = new(Random.Shared.NextDouble);
    private long sequence;

    /// <summary>Says good-bye, so that nobody waits for this gateway.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await controlPlane.ReportAsync(Next() with { IsLast = true }, CancellationToken.None);
        }
        catch (ControlPlaneException exception)
        {
            log.ReportFailed(exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await controlPlane.ReportAsync(Next(), stoppingToken);
                delay.Reset();
                await acknowledged.WaitAsync(router.UntilNews(Interval), stoppingToken);
            }
            catch (ControlPlaneException exception)
            {
                log.ReportFailed(exception.Message);
                await Task.Delay(delay.Next(), time, stoppingToken);
            }
        }
    }

    private GatewayReport Next()
    {
        // What is acknowledged is read first: a table that is applied between the two would only add to what drains.
        RouteTable table = acknowledged.Table;
        return new GatewayReport
        {
            Instance = instance,
            Store = table.Store,
            Acknowledged = table.Revision,
            Sequence = ++sequence,
            Draining = router.Draining(),
            Traffic = meter.Read(),
        };
    }
}
