using ControlPlane.Api.Wire;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Works out what a PUT of a Deployment would do. Stores nothing.</summary>
/// <param name="Key">Which Deployment.</param>
/// <param name="Body">As it would be put; checked in the same way.</param>
internal sealed record PlanDeployment(ObjectKey Key, Deployment Body) : IRequest<RolloutForecast>;

internal sealed class PlanDeploymentHandler(WorkloadSnapshots snapshots) : IRequestHandler<PlanDeployment, RolloutForecast>
{
    private static readonly ResourceKind Kind = ResourceKinds.Deployment;

    public async Task<RolloutForecast> Handle(PlanDeployment request, CancellationToken cancellationToken)
    {
        BodyRules.CheckIdentity(request.Body, request.Key.Namespace, request.Key.Name);
        WorkloadSnapshot snapshot = await snapshots.ReadWithClusterAsync(request.Key, cancellationToken);
        Deployment stored = snapshot.Deployment!;
        Freshness.Check(Kind, stored, request.Body.Metadata);
        Deployment changed = (Deployment)Updater.PrepareDesired(Kind, stored, request.Body);
        return RolloutForecasts.IsTooLarge(changed)
            ? throw StatusError.Invalid(Kind, stored.Name,
                [new FieldError("spec.replicas", FieldErrorReason.Invalid, $"Invalid value: {changed.Spec.Replicas}: with its surge, at most {RolloutForecasts.PodsMax} pods can be planned")])
            : RolloutForecasts.Of(snapshot, changed);
    }
}
