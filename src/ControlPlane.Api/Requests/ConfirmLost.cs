using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Confirms that a node which has fallen silent is lost, so that its pods are replaced though evictions are stopped.</summary>
/// <param name="Name">The node.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record ConfirmLost(string Name, WriteContext Context) : IRequest<Node>, IWriteRequest
{
    public string Verb => "confirm lost";

    public string KindName => ResourceKinds.Node.QualifiedPlural;

    public string Target => Name;
}

internal sealed class ConfirmLostHandler(Updater updater) : IRequestHandler<ConfirmLost, Node>
{
    public Task<Node> Handle(ConfirmLost request, CancellationToken cancellationToken) =>
        updater.UpdateAsync<Node>(new ObjectKey("", request.Name), ResourceParts.Desired, request.Context, Confirmed, cancellationToken);

    private static Node Confirmed(Node stored)
    {
        DateTimeOffset lostSince = LossConfirmation.LostSince(stored)
            ?? throw StatusError.Conflict(ResourceKinds.Node, stored.Name, "the node is not lost: its condition Ready is not Unknown");
        return stored with
        {
            Metadata = stored.Metadata with { Annotations = stored.Metadata.Annotations.SetItem(LossConfirmation.Annotation, LossConfirmation.ValueOf(lostSince)) },
        };
    }
}
