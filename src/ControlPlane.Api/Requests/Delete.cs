using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Deletes an object, or marks it to leave when nothing holds it any longer.</summary>
internal sealed record Delete<T>(ObjectKey Key, DeleteOptions How, WriteContext Context) : IRequest<Deleted<T>>, IWriteRequest
    where T : Resource
{
    public string Verb => "delete";

    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => Key.ToString();
}

/// <summary>What a delete came to.</summary>
/// <param name="Object">The object as it was left.</param>
/// <param name="IsGone">True when it has left the store; false when it has been marked.</param>
internal sealed record Deleted<T>(T Object, bool IsGone)
    where T : Resource;

internal sealed class DeleteHandler<T>(Deleter deleter) : IRequestHandler<Delete<T>, Deleted<T>>
    where T : Resource
{
    public Task<Deleted<T>> Handle(Delete<T> request, CancellationToken cancellationToken) =>
        deleter.DeleteAsync<T>(request.Key, request.How, request.Context, cancellationToken);
}

/// <summary>What is committed together with a deletion.</summary>
internal sealed record Beside(ValueList<Precondition> Preconditions, ValueList<Write> Writes)
{
    public static Beside Nothing { get; } = new([], []);
}

/// <summary>Deletes one object, again when it changes meanwhile, a bounded number of times.</summary>
internal sealed class Deleter(Updater updater, CacheReader reader, NodeTokens tokens, TimeProvider time)
{
    /// <param name="key">Which object.</param>
    /// <param name="how">How.</param>
    /// <param name="context">Who, and whether to do it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="beside">What is committed together with it, from the object as it is stored; throws the client's error. It may see the object several times.</param>
    public async Task<Deleted<T>> DeleteAsync<T>(
        ObjectKey key, DeleteOptions how, WriteContext context, CancellationToken cancellationToken, Func<T, ValueTask<Beside>>? beside = null)
        where T : Resource
    {
        ResourceKind kind = ResourceKinds.Of<T>();
        for (int attempt = 1; ; attempt++)
        {
            T stored = await reader.FindLatestAsync<T>(key, cancellationToken) ?? throw StatusError.NotFound(kind, key.Name);
            CheckPreconditions(kind, stored, how.Preconditions);
            CheckProtected(kind, stored);

            Beside more = beside is null ? Beside.Nothing : await beside(stored);
            T marked = (T)Deletion.Mark(stored, how, time.WholeSecondsNow());
            bool isGone = Deletion.IsDone(marked);
            if (marked.Equals(stored) && !isGone)
            {
                return new Deleted<T>(stored, IsGone: false);
            }

            if (context.DryRun)
            {
                return new Deleted<T>(marked, isGone);
            }

            if (isGone && kind == ResourceKinds.Node)
            {
                // Before the record leaves, so that no crash in between lets the token outlive it; an agent that is still there joins again.
                await tokens.RevokeAsync(key.Name, cancellationToken);
            }

            switch (await updater.CommitAsync(UnitFor(kind, stored, marked, isGone, how, context, more), cancellationToken))
            {
                case UnitResult.Committed committed:
                    return new Deleted<T>((T)marked.AtRevision(committed.Revision), isGone);

                // Of those that spend the same budget one has got its share each time.
                case UnitResult.Refused { Reason: RefusalReason.Conflict } spent when more.Writes.Any(write => write.Kind.Kind == spent.Kind && write.Key == spent.Key) && attempt < QuotaCharges.AttemptsMax:
                    continue;
                case UnitResult.Refused { Reason: RefusalReason.Conflict or RefusalReason.NotFound or RefusalReason.UidMismatch } when attempt < Updater.AttemptsMax:
                    continue;
                case UnitResult.Refused refused:
                    throw new CommitRefusedException(refused);
            }
        }
    }

    private static CommitUnit UnitFor(ResourceKind kind, Resource stored, Resource marked, bool isGone, DeleteOptions how, WriteContext context, Beside more)
    {
        bool isExact = how.Preconditions?.ResourceVersion is { Length: > 0 } || kind == ResourceKinds.Namespace;
        ResourceParts parts = kind == ResourceKinds.Namespace ? ResourceParts.All : ResourceParts.Desired;
        return new CommitUnit
        {
            Actor = context.Actor,
            Preconditions =
            [
                isExact
                    ? new Precondition.AtResourceVersion(kind, stored.Key, stored.Metadata.Revision)
                    : Precondition.DesiredUnchanged.Of(stored),
                .. more.Preconditions,
            ],
            Writes = [isGone ? Write.Remove.Of(stored) : new Write.Update(marked, parts), .. more.Writes],
        };
    }

    private static void CheckPreconditions(ResourceKind kind, Resource stored, Preconditions? preconditions)
    {
        if (preconditions?.Uid is { Length: > 0 } uid && uid != stored.Uid)
        {
            throw StatusError.PreconditionFailed(kind, stored.Name, "UID", uid, stored.Uid);
        }

        if (preconditions?.ResourceVersion is { Length: > 0 } version && version != stored.Metadata.ResourceVersion)
        {
            throw StatusError.PreconditionFailed(kind, stored.Name, "ResourceVersion", version, stored.Metadata.ResourceVersion ?? "");
        }
    }

    private static void CheckProtected(ResourceKind kind, Resource stored)
    {
        if (stored is Namespace && SystemNamespaces.Protected.Contains(stored.Name))
        {
            throw StatusError.Forbidden(kind, stored.Name, "this namespace may not be deleted");
        }
    }
}
