using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Does one of the actions on a Deployment's rollout: a change of what is declared.</summary>
/// <param name="Key">Which Deployment.</param>
/// <param name="Action">What to do.</param>
/// <param name="ResourceVersion">The state that the caller decided on; null: whatever it is.</param>
/// <param name="IdempotencyKey">Sent again with the same key, the request is answered with its first result; null: it is done each time.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record ActOnDeployment(ObjectKey Key, RolloutAction Action, string? ResourceVersion, string? IdempotencyKey, WriteContext Context)
    : IRequest<RolloutActionResult>, IWriteRequest
{
    public string Verb => Action.Name;

    public string KindName => ResourceKinds.Deployment.QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class ActOnDeploymentHandler(Updater updater, WorkloadSnapshots snapshots, IdempotentRequests idempotent, TimeProvider time)
    : IRequestHandler<ActOnDeployment, RolloutActionResult>
{
    private static readonly ResourceKind Kind = ResourceKinds.Deployment;

    public Task<RolloutActionResult> Handle(ActOnDeployment request, CancellationToken cancellationToken)
    {
        if (request.Context.DryRun)
        {
            return ActAsync(request, null, cancellationToken);
        }

        string described = $"{request.Key} {request.Action} {request.ResourceVersion}";
        string? mark = IdempotentRequests.MarkOf(request.Context.Actor, request.IdempotencyKey, described);
        return idempotent.OnceAsync(request.Context.Actor, request.IdempotencyKey, described, token => ActAsync(request, mark, token), cancellationToken);
    }

    private async Task<RolloutActionResult> ActAsync(ActOnDeployment request, string? mark, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        ActionOutcome.Done? done = null;
        bool isChange = false;
        Deployment result = await updater.UpdateAsync<Deployment>(request.Key, ResourceParts.Desired, request.Context, async (stored, token) =>
        {
            if (mark is not null && ActionMark.Find(stored, mark, now) is { } before)
            {
                (done, isChange) = (before, true);
                return stored;
            }

            Freshness.Check(Kind, stored, new ObjectMeta { ResourceVersion = request.ResourceVersion });
            IReadOnlyList<ReplicaSet> replicaSets = await snapshots.ReplicaSetsOfAsync(stored, token);
            ConfiguredDeployment? configured = await snapshots.ConfiguredAsync(stored, replicaSets, token);
            done = Possible(RolloutActions.Apply(request.Action, configured?.Effective ?? stored, replicaSets, now, await snapshots.StateOfAsync(stored, token)), stored);
            done = configured is null ? done : done with { Deployment = configured.Restored(done.Deployment) };
            isChange = done.Deployment != stored;
            done = isChange && mark is not null ? ActionMark.On(done, mark, now) : done;
            return done.Deployment;
        }, cancellationToken);
        return ResultOf(request.Action.Name, result, done!, isChange);
    }

    internal static RolloutActionResult ResultOf(string action, Deployment result, ActionOutcome.Done done, bool isChange) => new()
    {
        ApiVersion = RolloutView.GroupVersion,
        Kind = nameof(RolloutActionResult),
        Metadata = new ObjectMeta
        {
            Name = result.Name,
            Namespace = result.Namespace,
            Uid = result.Uid,
            ResourceVersion = result.Metadata.ResourceVersion,
            Generation = result.Metadata.Generation,
        },
        Action = action,
        Changed = isChange,
        Message = done.Message,
        Revision = done.Revision,
    };

    internal static ActionOutcome.Done Possible(ActionOutcome outcome, Deployment deployment) => outcome switch
    {
        ActionOutcome.Done done => done,
        ActionOutcome.NotNow notNow => throw StatusError.Conflict(Kind, deployment.Name, notNow.Because),
        ActionOutcome.Invalid invalid => throw StatusError.Invalid(
            Kind, deployment.Name, [new FieldError(invalid.Field, FieldErrorReason.Invalid, invalid.Because)]),
        _ => throw new InvalidOperationException($"no answer for {outcome}"),
    };
}
