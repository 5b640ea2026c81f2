using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Reads how many replicas an object wants and has.</summary>
internal sealed record GetScale<T>(ObjectKey Key, long? ResourceVersion) : IRequest<Scale>
    where T : Resource;

internal sealed class GetScaleHandler<T>(CacheReader reader) : IRequestHandler<GetScale<T>, Scale>
    where T : Resource
{
    public async Task<Scale> Handle(GetScale<T> request, CancellationToken cancellationToken)
    {
        T? found = await reader.FindAsync<T>(request.Key, request.ResourceVersion, cancellationToken);
        return Scaling.ScaleOf(found ?? throw StatusError.NotFound(ResourceKinds.Of<T>(), request.Key.Name));
    }
}
