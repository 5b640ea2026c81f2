using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Streams;
using ControlPlane.Domain.Agents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Protocol;

/// <summary>Waits for the node's desired state and hands on what is newer than the newest acted on.</summary>
internal sealed class DesiredLoop(
    IControlPlane controlPlane, DesiredHolder desired, AgentStreams streams, RetryDelay delay, TimeProvider time, ILogger<DesiredLoop> log)
    : BackgroundService
{
    /// <summary>A server that answers at once again and again is not asked more often than this.</summary>
    private static readonly TimeSpan ShortestRound = TimeSpan.FromMilliseconds(20);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until told to stop. The host starts it on a thread of its own; a simulation on its only one.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        // From 0, not from what was persisted: the first answer shall come at once, even when nothing has changed.
        long after = 0;
        string store = "";
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                DesiredState reply = await controlPlane.GetDesiredAsync(after, store, stoppingToken);
                delay.Reset();
                streams.Serve(reply.Streams);
                after = await desired.AcceptAsync(reply, stoppingToken);
                store = reply.StoreIdentity;
                await Task.Delay(ShortestRound, time, stoppingToken);
            }
            catch (ControlPlaneException exception)
            {
                log.DesiredFailed(exception.Message);
                await Task.Delay(delay.Next(), time, stoppingToken);
            }
        }
    }
}
