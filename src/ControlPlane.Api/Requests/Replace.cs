using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Replaces an object's metadata and spec, or its status, by what the client sent (PUT).</summary>
/// <param name="Key">Which object.</param>
/// <param name="Body">The wanted object; its <c>resourceVersion</c>, if any, must be the stored one's.</param>
/// <param name="Parts">Which part is replaced.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record Replace<T>(ObjectKey Key, T Body, ResourceParts Parts, WriteContext Context) : IRequest<T>, IWriteRequest
    where T : Resource
{
    public string Verb => Parts == ResourceParts.Status ? "update status" : "update";

    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class ReplaceHandler<T>(Updater updater) : IRequestHandler<Replace<T>, T>
    where T : Resource
{
    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();

    public Task<T> Handle(Replace<T> request, CancellationToken cancellationToken)
    {
        BodyRules.CheckIdentity(request.Body, request.Key.Namespace, request.Key.Name);
        return updater.UpdateAsync<T>(request.Key, request.Parts, request.Context, stored =>
        {
            Freshness.Check(Kind, stored, request.Body.Metadata);
            return request.Body;
        }, cancellationToken);
    }
}

/// <summary>Optimistic concurrency (Kubernetes API conventions, concurrency control and consistency).</summary>
internal static class Freshness
{
    /// <summary>Refuses a write that was made from another state, or another life, of the object than the stored one.</summary>
    public static void Check(ResourceKind kind, Resource stored, ObjectMeta sent)
    {
        if (sent.Uid.Length > 0 && sent.Uid != stored.Uid)
        {
            throw StatusError.PreconditionFailed(kind, stored.Name, "UID", sent.Uid, stored.Uid);
        }

        if (sent.ResourceVersion is { Length: > 0 } and not "0" && sent.ResourceVersion != stored.Metadata.ResourceVersion)
        {
            throw StatusError.Conflict(kind, stored.Name);
        }

        Validation.ThrowIfInvalid(kind, stored.Name, [.. ChangedTimes(stored.Metadata, sent)]);
    }

    /// <summary>Times that only the server sets: left out they stay, changed they are refused (Kubernetes: ObjectMeta validation on update).</summary>
    private static IEnumerable<FieldError> ChangedTimes(ObjectMeta stored, ObjectMeta sent)
    {
        if (sent.CreationTimestamp is { } created && created != stored.CreationTimestamp)
        {
            yield return Immutable("metadata.creationTimestamp", created);
        }

        if (sent.DeletionTimestamp is { } deleted && stored.DeletionTimestamp is null)
        {
            yield return Immutable("metadata.deletionTimestamp", deleted);
        }
    }

    private static FieldError Immutable(string field, DateTimeOffset value) =>
        new(field, FieldErrorReason.Invalid, $"Invalid value: {value.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}: field is immutable");
}
