using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Deletes all objects of a kind that selectors choose.</summary>
internal sealed record DeleteCollection<T>(ListScope Scope, DeleteOptions How, WriteContext Context) : IRequest<Page<T>>, IWriteRequest
    where T : Resource
{
    public string Verb => "deletecollection";

    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => $"{Scope.Namespace}/*";
}

internal sealed class DeleteCollectionHandler<T>(Deleter deleter, CacheReader reader) : IRequestHandler<DeleteCollection<T>, Page<T>>
    where T : Resource
{
    /// <summary>Deletions that are under way at a time; the store groups what arrives together into one transaction.</summary>
    private const int ParallelMax = 64;

    public async Task<Page<T>> Handle(DeleteCollection<T> request, CancellationToken cancellationToken)
    {
        ReadSnapshot read = await reader.SnapshotAsync(ResourceKinds.Of<T>(), request.Scope.Namespace, resourceVersion: null, cancellationToken);
        T[] chosen = [.. read.Snapshot.Objects.Values.Cast<T>().Where(request.Scope.Includes)];
        T?[] deleted = new T?[chosen.Length];
        ParallelOptions options = new() { MaxDegreeOfParallelism = ParallelMax, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, chosen.Length, options, async (index, token) =>
        {
            try
            {
                DeleteOptions how = request.How with { Preconditions = (request.How.Preconditions ?? new()) with { Uid = chosen[index].Uid } };
                Deleted<T> outcome = await deleter.DeleteAsync<T>(chosen[index].Key, how, request.Context, token);
                deleted[index] = outcome.Object;
            }
            catch (ApiException gone) when (gone.Status.Code is 404 or 409)
            {
                // Someone else was faster, or the name lives anew: neither is one of the objects that were chosen.
                deleted[index] = null;
            }
        });
        return new Page<T>(read.Snapshot.Revision, deleted.OfType<T>().ToValueList(), Continue: null, Remaining: null);
    }
}
