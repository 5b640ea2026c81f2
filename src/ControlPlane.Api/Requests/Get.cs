using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Reads one object.</summary>
/// <param name="Key">Which.</param>
/// <param name="ResourceVersion">Unset: with every write acknowledged before; 0: as this replica has it; N: at least as of N.</param>
internal sealed record Get<T>(ObjectKey Key, long? ResourceVersion) : IRequest<T>
    where T : Resource;

internal sealed class GetHandler<T>(CacheReader reader) : IRequestHandler<Get<T>, T>
    where T : Resource
{
    public async Task<T> Handle(Get<T> request, CancellationToken cancellationToken)
    {
        T? found = await reader.FindAsync<T>(request.Key, request.ResourceVersion, cancellationToken);
        return found ?? throw StatusError.NotFound(ResourceKinds.Of<T>(), request.Key.Name);
    }
}
