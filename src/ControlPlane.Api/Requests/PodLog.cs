using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Asks the agent of a pod's node for a container's log.</summary>
internal sealed record PodLog(ObjectKey Key, LogOptions Options) : IRequest<PendingStream>;

internal sealed class PodLogHandler(CacheReader reader, StreamBroker streams, StreamDialing dialing) : IRequestHandler<PodLog, PendingStream>
{
    public async Task<PendingStream> Handle(PodLog request, CancellationToken cancellationToken)
    {
        Pod pod = await reader.FindLatestAsync<Pod>(request.Key, cancellationToken) ?? throw StatusError.NotFound(ResourceKinds.Pod, request.Key.Name);
        string container = PodStreams.ContainerOf(pod, request.Options.Container);
        string node = PodStreams.NodeOf(pod, dialing, "its logs cannot be read now");
        return streams.Open(node, PodStreams.RequestFor(pod, StreamTypes.Logs) with { Logs = request.Options with { Container = container } });
    }
}
