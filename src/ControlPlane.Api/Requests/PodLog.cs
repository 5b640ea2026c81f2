using System.Globalization;
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
        string container = ContainerOf(pod, request.Options.Container);
        if (pod.Spec.NodeName is not { Length: > 0 } node)
        {
            throw StatusError.BadRequest($"pod {pod.Name} does not have a host assigned");
        }

        if (!dialing.CanReach(node))
        {
            throw StatusError.ServiceUnavailable($"the agent of node {node} is not connected; its logs cannot be read now", retryAfterSeconds: 3);
        }

        return streams.Open(node, new StreamRequest
        {
            Id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture),
            PodUid = pod.Uid,
            Type = "logs",
            Logs = request.Options with { Container = container },
        });
    }

    /// <summary>The container that is meant: the named one, or the only one (Kubernetes: registry/core/pod, LogLocation).</summary>
    private static string ContainerOf(Pod pod, string wanted)
    {
        string[] names = [.. pod.Spec.Containers.Select(container => container.Name)];
        string[] initNames = [.. pod.Spec.InitContainers.Select(container => container.Name)];
        if (wanted.Length == 0)
        {
            return names.Length == 1 && initNames.Length == 0
                ? names[0]
                : throw StatusError.BadRequest(
                    $"a container name must be specified for pod {pod.Name}, choose one of: [{string.Join(' ', names)}]"
                    + (initNames.Length > 0 ? $" or one of the init containers: [{string.Join(' ', initNames)}]" : ""));
        }

        return names.Contains(wanted) || initNames.Contains(wanted)
            ? wanted
            : throw StatusError.BadRequest($"container {wanted} is not valid for pod {pod.Name}");
    }
}
