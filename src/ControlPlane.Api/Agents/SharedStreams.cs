using ControlPlane.Infrastructure.Streams;

namespace ControlPlane.Api.Agents;

/// <summary>Tells this replica's agents of the streams that wait at other replicas.</summary>
internal sealed class SharedStreams(IWaitingStreams waiting, StreamBroker broker) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => waiting.FollowAsync(broker.WaitElsewhere, stoppingToken);
}
