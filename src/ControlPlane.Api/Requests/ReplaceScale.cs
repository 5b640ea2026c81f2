using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Sets how many replicas an object wants (PUT or PATCH on <c>scale</c>).</summary>
/// <param name="Key">Which object.</param>
/// <param name="Change">Makes the wanted scale from the one as it is: the body of a PUT, or a patch's outcome.</param>
/// <param name="Verb">For the audit log.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record ReplaceScale<T>(ObjectKey Key, Func<Scale, Scale> Change, string Verb, WriteContext Context) : IRequest<Scale>, IWriteRequest
    where T : Resource
{
    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class ReplaceScaleHandler<T>(Updater updater) : IRequestHandler<ReplaceScale<T>, Scale>
    where T : Resource
{
    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();

    public async Task<Scale> Handle(ReplaceScale<T> request, CancellationToken cancellationToken)
    {
        T result = await updater.UpdateAsync<T>(request.Key, ResourceParts.Desired, request.Context with { Subresource = "scale" }, stored =>
        {
            Scale wanted = request.Change(Scaling.ScaleOf(stored));
            BodyRules.CheckIdentity(wanted, request.Key.Namespace, request.Key.Name);
            Freshness.Check(Kind, stored, wanted.Metadata);
            int replicas = wanted.Spec.Replicas ?? 0;
            return replicas >= 0
                ? (T)Scaling.WithReplicas(stored, replicas)
                : throw StatusError.Invalid("autoscaling", "Scale", stored.Name,
                    [new FieldError("spec.replicas", FieldErrorReason.Invalid, $"Invalid value: {replicas}: must be greater than or equal to 0")]);
        }, cancellationToken);
        return Scaling.ScaleOf(result);
    }
}
