using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Apply;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Makes an object have the fields that a manager declares, and no longer those that it declared before (server-side apply); creates it if there is none.</summary>
/// <param name="Key">Which object.</param>
/// <param name="Body">What is declared.</param>
/// <param name="Force">Take fields that others own.</param>
/// <param name="Parts">The object, or its status.</param>
/// <param name="Context">Who applies, and whether to store it.</param>
internal sealed record Apply<T>(ObjectKey Key, DeclaredConfiguration Body, bool Force, ResourceParts Parts, WriteContext Context) : IRequest<Applied<T>>, IWriteRequest
    where T : Resource
{
    /// <summary>The form whose rules a new object obeys, too; null for the kind's own.</summary>
    public WireForm? Form { get; init; }

    /// <summary>Through which subresource; empty for the object itself.</summary>
    public string Subresource => Parts == ResourceParts.Status ? "status" : Context.Subresource;

    public string Verb => Subresource.Length > 0 ? $"apply {Subresource}" : "apply";

    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => Key.ToString();
}

/// <summary>What an apply, or a PUT, came to.</summary>
/// <param name="Object">As it is stored now.</param>
/// <param name="IsNew">Whether there was none.</param>
internal sealed record Applied<T>(T Object, bool IsNew)
    where T : Resource;

internal sealed class ApplyHandler<T>(Updater updater, CacheReader reader, IRequestHandler<Create<T>, T> creator, TimeProvider time) : IRequestHandler<Apply<T>, Applied<T>>
    where T : Resource
{
    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();
    private static readonly DecodeTarget Target = DecodeTarget.Of(Kind);

    public async Task<Applied<T>> Handle(Apply<T> request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (request.Subresource.Length > 0 || await reader.FindLatestAsync<T>(request.Key, cancellationToken) is not null)
            {
                return new(await UpdateAsync(request, cancellationToken), IsNew: false);
            }

            try
            {
                T wanted = Wanted(request, stored: null);
                if (request.Form is { } form)
                {
                    Validation.ThrowIfInvalid(form.Kind, wanted.Name, ResourceRules.ValidateCreate(form.Show(wanted)));
                }

                return new(await creator.Handle(new Create<T>(request.Key.Namespace, AsNew(wanted), request.Context), cancellationToken), IsNew: true);
            }
            catch (CommitRefusedException refused) when (refused.Refused.Reason == RefusalReason.AlreadyExists && attempt < Updater.AttemptsMax)
            {
                // Another was faster: it is there now.
            }
        }
    }

    private Task<T> UpdateAsync(Apply<T> request, CancellationToken cancellationToken) =>
        updater.UpdateAsync<T>(request.Key, request.Parts, request.Context, stored =>
        {
            T wanted = Wanted(request, stored);
            Freshness.Check(Kind, stored, wanted.Metadata);
            return wanted;
        }, cancellationToken);

    /// <summary>A revision says nothing about what is not there; a uid means an object that is gone (Kubernetes, server-side apply).</summary>
    /// <exception cref="StatusError">It names a uid.</exception>
    private static T AsNew(T wanted) => wanted.Uid.Length == 0
        ? (T)(wanted with { Metadata = wanted.Metadata with { ResourceVersion = null } })
        : throw StatusError.Conflict(Kind, wanted.Name, $"uid mismatch: the provided object specified uid {wanted.Uid}, and no existing object was found");

    private T Wanted(Apply<T> request, T? stored)
    {
        FieldManager manager = new(request.Context.FieldManager, IsApply: true, request.Subresource);
        FieldManagers managers = FieldManagers.Of(sent: default, stored?.Metadata.ManagedFields ?? default);
        JsonObject json = Ownership.Json(stored);
        AppliedObject applied = request.Body.ApplyTo(json, managers, manager, request.Force, WithDefaults, time.WholeSecondsNow());
        var wanted = (T)BodyDecoder.Decode(applied.Object, Target, FieldValidation.Ignore).Object;
        wanted = (T)(wanted with { Metadata = wanted.Metadata with { ManagedFields = applied.Managers.ToEntries(Kind.ApiVersion) } });
        BodyRules.CheckIdentity(wanted, request.Key.Namespace, request.Key.Name);
        return wanted;

        JsonObject WithDefaults(JsonObject merged)
        {
            Resource decoded = BodyDecoder.Decode(merged, Target, FieldValidation.Ignore).Object;
            return Ownership.Json(ResourceRules.WithDefaults(stored is null ? decoded : ResourceRules.WithChoicesOf(decoded, stored)));
        }
    }
}
