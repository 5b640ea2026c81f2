using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Asks the agent of a pod's node to run a command in a container. On record as a change, for it may make any.</summary>
internal sealed record ExecInPod(ObjectKey Key, ExecOptions Options, WriteContext Context) : IRequest<PendingStream>, IWriteRequest
{
    public string Verb => "exec";

    public string KindName => ResourceKinds.Pod.QualifiedPlural;

    public string Target => Key.ToString();
}

/// <summary>Asks the agent of a pod's node for what a container's process says.</summary>
internal sealed record AttachToPod(ObjectKey Key, AttachOptions Options, WriteContext Context) : IRequest<PendingStream>, IWriteRequest
{
    public string Verb => "attach";

    public string KindName => ResourceKinds.Pod.QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class PodCommandHandler(CacheReader reader, StreamBroker streams, StreamDialing dialing)
    : IRequestHandler<ExecInPod, PendingStream>, IRequestHandler<AttachToPod, PendingStream>
{
    public async Task<PendingStream> Handle(ExecInPod request, CancellationToken cancellationToken)
    {
        Pod pod = await FindRunningAsync(request.Key, "exec into", cancellationToken);
        string container = PodStreams.ContainerOf(pod, request.Options.Container);
        string node = PodStreams.NodeOf(pod, dialing, "nothing can be run there now");
        return streams.Open(node, PodStreams.RequestFor(pod, StreamTypes.Exec) with { Exec = request.Options with { Container = container } });
    }

    public async Task<PendingStream> Handle(AttachToPod request, CancellationToken cancellationToken)
    {
        Pod pod = await FindRunningAsync(request.Key, "attach to", cancellationToken);
        string container = PodStreams.ContainerOf(pod, request.Options.Container);
        string node = PodStreams.NodeOf(pod, dialing, "nothing can be attached to there now");
        if (request.Options.Stdin || request.Options.Tty)
        {
            // A container's own input and terminal are not honoured: no pod that asks for them is accepted.
            throw StatusError.BadRequest($"container {container} has no {(request.Options.Tty ? "terminal" : "standard input")} open to attach to");
        }

        return streams.Open(node, PodStreams.RequestFor(pod, StreamTypes.Attach) with { Attach = request.Options with { Container = container } });
    }

    private async Task<Pod> FindRunningAsync(ObjectKey key, string action, CancellationToken cancellationToken)
    {
        Pod pod = await reader.FindLatestAsync<Pod>(key, cancellationToken) ?? throw StatusError.NotFound(ResourceKinds.Pod, key.Name);
        return pod.Status?.Phase is "Succeeded" or "Failed"
            ? throw StatusError.BadRequest($"cannot {action} a container in a completed pod; current phase is {pod.Status.Phase}")
            : pod;
    }
}
