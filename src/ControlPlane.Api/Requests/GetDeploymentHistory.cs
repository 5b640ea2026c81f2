using ControlPlane.Api.Wire;
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
        await reader.WaitAsync(request.ResourceVersion, cancellationToken);
        Deployment deployment = reader.Find<Deployment>(request.Key) ?? throw StatusError.NotFound(ResourceKinds.Deployment, request.Key.Name);
        return DeploymentHistories.Of(deployment, Of<ReplicaSet>(deployment), Of<DeploymentRevision>(deployment));
    }

    private IEnumerable<T> Of<T>(Deployment deployment)
        where T : Resource => reader.Cache.Snapshot(ResourceKinds.Of<T>()).Objects.Values.OfType<T>()
        .Where(item => item.Namespace == deployment.Namespace && item.Metadata.Controller?.Uid == deployment.Uid);
}
