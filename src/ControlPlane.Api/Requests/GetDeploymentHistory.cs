using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Reads what has become of each revision of a Deployment.</summary>
internal sealed record GetDeploymentHistory(ObjectKey Key, long? ResourceVersion) : IRequest<DeploymentHistory>;

internal sealed class GetDeploymentHistoryHandler(CacheReader reader) : IRequestHandler<GetDeploymentHistory, DeploymentHistory>
{
    public async Task<DeploymentHistory> Handle(GetDeploymentHistory request, CancellationToken cancellationToken)
    {
        string home = request.Key.Namespace;
        KindScope[] scopes = [new(ResourceKinds.Deployment, home), new(ResourceKinds.ReplicaSet, home), new(ResourceKinds.DeploymentRevision, home)];
        ReadSnapshots read = await reader.SnapshotsAsync(scopes, request.ResourceVersion, cancellationToken);
        Deployment deployment = (Deployment?)read.Kinds[0].Objects.GetValueOrDefault(request.Key) ?? throw StatusError.NotFound(ResourceKinds.Deployment, request.Key.Name);
        return DeploymentHistories.Of(deployment, Controlled(read.All<ReplicaSet>(1), deployment), Controlled(read.All<DeploymentRevision>(2), deployment));
    }

    private static IEnumerable<T> Controlled<T>(IEnumerable<T> items, Deployment deployment)
        where T : Resource => items.Where(item => item.Namespace == deployment.Namespace && item.Metadata.Controller?.Uid == deployment.Uid);
}
