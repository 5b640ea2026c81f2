using System.Globalization;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Asks to reach a pod's ports. On record as a change, for what is sent there may make any.</summary>
internal sealed record ForwardToPod(ObjectKey Key, WriteContext Context) : IRequest<ForwardedPod>, IWriteRequest
{
    public string Verb => "portforward";

    public string KindName => ResourceKinds.Pod.QualifiedPlural;

    public string Target => Key.ToString();
}

/// <summary>A pod whose ports may be reached, and through whom.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Node">The node whose agent is asked.</param>
/// <param name="Request">What it is asked, but for the port.</param>
internal sealed record ForwardedPod(string Name, string Node, StreamRequest Request)
{
    /// <summary>What is asked for one connection.</summary>
    public StreamRequest RequestFor(int port) => Request with
    {
        Id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture),
        PortForward = new PortForwardOptions(port),
    };
}

internal sealed class PodForwardHandler(CacheReader reader, StreamDialing dialing) : IRequestHandler<ForwardToPod, ForwardedPod>
{
    public async Task<ForwardedPod> Handle(ForwardToPod request, CancellationToken cancellationToken)
    {
        Pod pod = await reader.FindLatestAsync<Pod>(request.Key, cancellationToken) ?? throw StatusError.NotFound(ResourceKinds.Pod, request.Key.Name);
        if (pod.Status?.Phase is "Succeeded" or "Failed")
        {
            throw StatusError.BadRequest($"cannot forward ports of a completed pod; current phase is {pod.Status.Phase}");
        }

        string node = PodStreams.NodeOf(pod, dialing, "its ports cannot be reached now");
        return new ForwardedPod(pod.Name, node, PodStreams.RequestFor(pod, StreamTypes.PortForward));
    }
}
