using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Patches;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Changes an object, or its status, by a JSON, merge or strategic merge patch.</summary>
/// <param name="Key">Which object.</param>
/// <param name="Body">The patch; applied anew when the object changes meanwhile, unless it names a <c>resourceVersion</c>.</param>
/// <param name="FieldValidation">What happens to fields that are unknown.</param>
/// <param name="Parts">Which part may change: what the patch does to the other is dropped.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record Patch<T>(ObjectKey Key, ResourcePatch Body, FieldValidation FieldValidation, ResourceParts Parts, WriteContext Context)
    : IRequest<Decoded<Resource>>, IWriteRequest
    where T : Resource
{
    /// <summary>The form that the patch is about; null for the kind's own.</summary>
    public WireForm? Form { get; init; }

    public string Verb => Parts == ResourceParts.Status ? "patch status" : "patch";

    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class PatchHandler<T>(Updater updater) : IRequestHandler<Patch<T>, Decoded<Resource>>
    where T : Resource
{
    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();
    private static readonly DecodeTarget Target = DecodeTarget.Of(Kind);

    public async Task<Decoded<Resource>> Handle(Patch<T> request, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> warnings = [];
        T result = await updater.UpdateAsync<T>(request.Key, request.Parts, request.Context, stored =>
        {
            Decoded<Resource> patched = Patched(request, stored);
            warnings = patched.Warnings;
            BodyRules.CheckIdentity(patched.Object, request.Key.Namespace, request.Key.Name);
            Freshness.Check(Kind, stored, patched.Object.Metadata);
            return (T)patched.Object;
        }, cancellationToken);
        return new Decoded<Resource>(result, warnings);
    }

    private static Decoded<Resource> Patched(Patch<T> request, T stored)
    {
        if (request.Form is not { } form)
        {
            return request.Body.Apply(stored, Target, request.FieldValidation);
        }

        Decoded<Resource> shown = request.Body.Apply(form.Show(stored), DecodeTarget.Of(form.Kind), request.FieldValidation);
        return shown with { Object = form.Read(shown.Object) };
    }
}
