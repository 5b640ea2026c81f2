using ControlPlane.Api.Wire;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Works out what a PUT of a Deployment would do, or, where there is none, its creation. Stores nothing.</summary>
/// <param name="Key">Which Deployment.</param>
/// <param name="Body">As it would be put; checked in the same way.</param>
/// <param name="Context">Who asks; a dry run.</param>
internal sealed record PlanDeployment(ObjectKey Key, Deployment Body, WriteContext Context) : IRequest<RolloutForecast>;

internal sealed class PlanDeploymentHandler(WorkloadSnapshots snapshots, IRequestHandler<Create<Deployment>, Deployment> creator) : IRequestHandler<PlanDeployment, RolloutForecast>
{
    private static readonly ResourceKind Kind = ResourceKinds.Deployment;

    public async Task<RolloutForecast> Handle(PlanDeployment request, CancellationToken cancellationToken)
    {
        BodyRules.CheckIdentity(request.Body, request.Key.Namespace, request.Key.Name);
        (WorkloadSnapshot snapshot, Deployment asItIs) = await snapshots.ReadWithClusterAsync(
            request.Key, () => creator.Handle(new Create<Deployment>(request.Key.Namespace, request.Body, request.Context), cancellationToken), cancellationToken);
        Deployment changed = snapshot.Deployment is null ? asItIs : Changed(asItIs, request.Body);
        return RolloutForecasts.IsTooLarge(changed)
            ? throw StatusError.Invalid(Kind, changed.Name,
                [new FieldError("spec.replicas", FieldErrorReason.Invalid, $"Invalid value: {changed.Spec.Replicas}: with its surge, at most {RolloutForecasts.PodsMax} pods can be planned")])
            : RolloutForecasts.Of(snapshot, changed);
    }

    private static Deployment Changed(Deployment stored, Deployment body)
    {
        Freshness.Check(Kind, stored, body.Metadata);
        return (Deployment)Updater.PrepareDesired(Kind, stored, body);
    }
}
