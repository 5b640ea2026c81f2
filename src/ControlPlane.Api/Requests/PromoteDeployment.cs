using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using ControlPlane.Domain.Rules.Validation;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Gives a Deployment, usually of another namespace, the images of a revision that has proven itself.</summary>
/// <param name="Source">Whose revision it is.</param>
/// <param name="Options">Which revision, and where to; its <c>metadata.resourceVersion</c> is the state of the target that the caller decided on.</param>
/// <param name="IdempotencyKey">See <see cref="ActOnDeployment"/>.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record PromoteDeployment(ObjectKey Source, PromotionOptions Options, string? IdempotencyKey, WriteContext Context)
    : IRequest<RolloutActionResult>, IWriteRequest
{
    public string Verb => "promote-to";

    public string KindName => ResourceKinds.Deployment.QualifiedPlural;

    public string Target => To.ToString();

    /// <summary>The Deployment that is changed.</summary>
    public ObjectKey To => new(Options.ToNamespace, Options.ToName ?? Source.Name);
}

internal sealed class PromoteDeploymentHandler(Updater updater, CacheReader reader, WorkloadSnapshots snapshots, IdempotentRequests idempotent)
    : IRequestHandler<PromoteDeployment, RolloutActionResult>
{
    private static readonly ResourceKind Kind = ResourceKinds.Deployment;

    public Task<RolloutActionResult> Handle(PromoteDeployment request, CancellationToken cancellationToken)
    {
        IReadOnlyList<FieldError> errors = PromotionOptionsValidator.ErrorsOf(request.Options);
        return errors.Count > 0 ? throw StatusError.Invalid(RolloutView.GroupVersion.Split('/')[0], nameof(PromotionOptions), request.Source.Name, errors)
            : request.Context.DryRun ? PromoteAsync(request, cancellationToken)
            : idempotent.OnceAsync(
                request.Context.Actor,
                request.IdempotencyKey,
                $"{request.Source} {request.Verb} {ResourceJson.Serialize(request.Options)}",
                token => PromoteAsync(request, token),
                cancellationToken);
    }

    private async Task<RolloutActionResult> PromoteAsync(PromoteDeployment request, CancellationToken cancellationToken)
    {
        Deployment declared = await reader.FindLatestAsync<Deployment>(request.Source, cancellationToken) ?? throw StatusError.NotFound(Kind, request.Source.Name);
        if (await reader.FindLatestAsync<Deployment>(request.To, cancellationToken) is null)
        {
            throw StatusError.Conflict(Kind, request.Source.Name, $"there is no Deployment {request.To}: apply its manifests first");
        }

        IReadOnlyList<ReplicaSet> replicaSets = await snapshots.ReplicaSetsOfAsync(declared, cancellationToken);
        Deployment source = (await snapshots.ConfiguredAsync(declared, replicaSets, cancellationToken))?.Effective ?? declared;
        WriteContext context = request.Context with { Change = Promotions.CauseOf(source, replicaSets, request.Options) };
        ActionOutcome.Done? done = null;
        Deployment? before = null;
        Deployment result = await updater.UpdateAsync<Deployment>(request.To, ResourceParts.Desired, context, stored =>
        {
            Freshness.Check(Kind, stored, new ObjectMeta { ResourceVersion = request.Options.Metadata.ResourceVersion });
            before = stored;
            done = ActOnDeploymentHandler.Possible(Promotions.Apply(source, replicaSets, request.Options, stored), source);
            return done.Deployment;
        }, cancellationToken);
        return ActOnDeploymentHandler.ResultOf(request.Verb, result, done!, isChange: done!.Deployment != before) with
        {
            Images = Promotions.ChangesBetween(before!.Spec.Template, done.Deployment.Spec.Template),
        };
    }
}
