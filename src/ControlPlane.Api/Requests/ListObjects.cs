using System.Collections.Immutable;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Lists the objects of a kind at one revision, in pages if asked to.</summary>
/// <param name="Scope">Which objects.</param>
/// <param name="Options">How fresh, how many, from where.</param>
internal sealed record ListObjects<T>(ListScope Scope, ListOptions Options) : IRequest<Page<T>>
    where T : Resource;

/// <summary>A page of a list.</summary>
/// <param name="Revision">The revision of the whole list, the same on each page.</param>
/// <param name="Items">In the order of namespace and name.</param>
/// <param name="Continue">The token for the next page; null on the last.</param>
/// <param name="Remaining">How many objects follow; null on the last page, and where selectors make it unknown.</param>
internal sealed record Page<T>(long Revision, ValueList<T> Items, string? Continue, long? Remaining)
    where T : Resource;

internal sealed class ListHandler<T>(CacheReader reader, KeptSnapshots kept) : IRequestHandler<ListObjects<T>, Page<T>>
    where T : Resource
{
    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();

    public async Task<Page<T>> Handle(ListObjects<T> request, CancellationToken cancellationToken)
    {
        ContinueToken? start = request.Options.Continue;
        ReadSnapshot read = start?.Revision is { } revision
            ? await PastAsync(request, revision, cancellationToken) ?? throw StatusError.ExpiredContinue(start with { Revision = null })
            : await FreshAsync(request, cancellationToken);
        return Cut(request, read, start);
    }

    private async Task<ReadSnapshot> FreshAsync(ListObjects<T> request, CancellationToken cancellationToken)
    {
        ListOptions options = request.Options;
        ReadSnapshot read = await reader.SnapshotAsync(Kind, request.Scope.Namespace, options.ResourceVersion, cancellationToken);
        if (options.ResourceVersionMatch != ResourceVersionMatch.Exact || options.ResourceVersion is not { } wanted || read.Snapshot.Revision == wanted)
        {
            return read;
        }

        return await PastAsync(request, wanted, cancellationToken) ?? throw StatusError.Expired(wanted, read.Snapshot.Revision);
    }

    /// <summary>An earlier revision: kept here, or found again where another replica has begun the list; null when it is known no more.</summary>
    private async ValueTask<ReadSnapshot?> PastAsync(ListObjects<T> request, long revision, CancellationToken cancellationToken) =>
        kept.Find(Kind, request.Scope.Namespace, revision)
        ?? (await reader.FindPastAsync(Kind, revision, cancellationToken) is { } found ? new ReadSnapshot(found, IsFromDatabase: false) : null);

    private Page<T> Cut(ListObjects<T> request, ReadSnapshot read, ContinueToken? start)
    {
        KindSnapshot snapshot = read.Snapshot;
        ImmutableArray<T>.Builder page = ImmutableArray.CreateBuilder<T>();
        int limit = request.Options.Limit ?? int.MaxValue;
        long remaining = 0;
        foreach ((ObjectKey key, Resource item) in snapshot.Objects)
        {
            if ((start is not null && key <= start.After) || !request.Scope.Includes(item))
            {
                continue;
            }

            if (page.Count < limit)
            {
                page.Add((T)item);
            }
            else
            {
                remaining++;
            }
        }

        if (remaining == 0)
        {
            return new Page<T>(snapshot.Revision, page.ToValueList(), Continue: null, Remaining: null);
        }

        kept.Keep(Kind, request.Scope.Namespace, read);
        string next = new ContinueToken(snapshot.Revision, page[^1].Key).Encode();
        return new Page<T>(snapshot.Revision, page.ToValueList(), next, request.Scope.Matches is null ? remaining : null);
    }
}
