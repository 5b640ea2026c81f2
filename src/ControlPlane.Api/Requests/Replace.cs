using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Replaces an object's metadata and spec, or its status, by what the client sent (PUT). Of a few kinds it makes the object where there is none.</summary>
/// <param name="Key">Which object.</param>
/// <param name="Body">The wanted object; its <c>resourceVersion</c>, if any, must be the stored one's.</param>
/// <param name="Parts">Which part is replaced.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record Replace<T>(ObjectKey Key, T Body, ResourceParts Parts, WriteContext Context) : IRequest<Applied<T>>, IWriteRequest
    where T : Resource
{
    /// <summary>The form whose rules a new object obeys, too; null for the kind's own.</summary>
    public WireForm? Form { get; init; }

    public string Verb => Parts == ResourceParts.Status ? "update status" : "update";

    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class ReplaceHandler<T>(Updater updater, CacheReader reader, IRequestHandler<Create<T>, T> creator) : IRequestHandler<Replace<T>, Applied<T>>
    where T : Resource
{
    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();

    /// <summary>The kinds that a PUT makes (Kubernetes: AllowCreateOnUpdate of their strategies).</summary>
    private static readonly bool MayCreate =
        Kind == ResourceKinds.Endpoints || Kind == ResourceKinds.Event || Kind == ResourceKinds.Lease || Kind == ResourceKinds.Service;

    public async Task<Applied<T>> Handle(Replace<T> request, CancellationToken cancellationToken)
    {
        BodyRules.CheckIdentity(request.Body, request.Key.Namespace, request.Key.Name);
        for (int attempt = 1; ; attempt++)
        {
            if (!MayCreate || request.Parts == ResourceParts.Status || await reader.FindLatestAsync<T>(request.Key, cancellationToken) is not null)
            {
                return new(await UpdateAsync(request, cancellationToken), IsNew: false);
            }

            try
            {
                return new(await CreateAsync(request, cancellationToken), IsNew: true);
            }
            catch (CommitRefusedException refused) when (refused.Refused.Reason == RefusalReason.AlreadyExists && attempt < Updater.AttemptsMax)
            {
                // Another was faster: it is there now.
            }
        }
    }

    private Task<T> UpdateAsync(Replace<T> request, CancellationToken cancellationToken) =>
        updater.UpdateAsync<T>(request.Key, request.Parts, request.Context, stored =>
        {
            Freshness.CheckGiven(Kind, stored, request.Body.Metadata);
            Freshness.Check(Kind, stored, request.Body.Metadata);
            return request.Body;
        }, cancellationToken);

    /// <summary>An object that was another's life is gone; which version of it was seen says nothing then.</summary>
    private Task<T> CreateAsync(Replace<T> request, CancellationToken cancellationToken)
    {
        if (request.Form is { } form)
        {
            Validation.ThrowIfInvalid(form.Kind, request.Key.Name, ResourceRules.ValidateCreate(form.Show(request.Body)));
        }

        if (request.Body.Uid.Length > 0)
        {
            throw StatusError.PreconditionFailed(Kind, request.Key.Name, "UID", request.Body.Uid, "");
        }

        T made = (T)(request.Body with { Metadata = request.Body.Metadata with { ResourceVersion = null } });
        return creator.Handle(new Create<T>(request.Key.Namespace, made, request.Context), cancellationToken);
    }
}

/// <summary>Optimistic concurrency (Kubernetes API conventions, concurrency control and consistency).</summary>
internal static class Freshness
{
    /// <summary>Refuses to replace what several write by turns, a lock for one, without a word about which state of it was seen (Kubernetes: AllowUnconditionalUpdate).</summary>
    public static void CheckGiven(ResourceKind kind, Resource stored, ObjectMeta sent)
    {
        bool mustBeGiven = kind == ResourceKinds.Lease || kind == ResourceKinds.PodDisruptionBudget;
        if (mustBeGiven && sent.ResourceVersion is (null or "" or "0"))
        {
            throw StatusError.Invalid(
                kind, stored.Name, [new FieldError("metadata.resourceVersion", FieldErrorReason.Invalid, "Invalid value: 0: must be specified for an update")]);
        }
    }

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
