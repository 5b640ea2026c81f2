using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a status that a client writes to a Deployment (Kubernetes: apps, ValidateDeploymentStatusUpdate).</summary>
internal sealed class DeploymentStatusValidator : AbstractValidator<Deployment>
{
    public DeploymentStatusValidator() => RuleFor(deployment => deployment.Status!).SetValidator(new Counts());

    /// <summary>The count of collisions is part of the names that were given.</summary>
    public static IEnumerable<FieldError> ErrorsOfUpdate(Deployment updated, Deployment stored)
    {
        if (stored.Status?.CollisionCount is { } before && !(updated.Status?.CollisionCount >= before))
        {
            yield return ImmutableFields.Error("status.collisionCount", FieldProblem.Invalid(updated.Status?.CollisionCount ?? 0, "cannot be decremented"));
        }
    }

    private sealed class Counts : AbstractValidator<DeploymentStatus>
    {
        public Counts()
        {
            RuleFor(status => status.ObservedGeneration).AtLeastZero();
            RuleFor(status => status.Replicas).AtLeastZero();
            RuleFor(status => status.UpdatedReplicas).AtLeastZero();
            RuleFor(status => status.ReadyReplicas).AtLeastZero();
            RuleFor(status => status.AvailableReplicas).AtLeastZero();
            RuleFor(status => status.UnavailableReplicas).AtLeastZero();
            RuleFor(status => status.TerminatingReplicas).AtLeastZero();
            RuleFor(status => status.CollisionCount).AtLeastZero();
            RuleFor(status => status.UpdatedReplicas).CheckWith((status, updated) => CountRules.NotAboveReplicas(updated, status.Replicas));
            RuleFor(status => status.ReadyReplicas).CheckWith((status, ready) => CountRules.NotAboveReplicas(ready, status.Replicas));
            RuleFor(status => status.AvailableReplicas).CheckWith((status, available) => CountRules.NotAboveReplicas(available, status.Replicas));
            RuleFor(status => status.AvailableReplicas).CheckWith((status, available) => CountRules.NotAboveReady(available, status.ReadyReplicas));
        }
    }
}

/// <summary>The rules for a status that a client writes to a ReplicaSet (Kubernetes: apps, ValidateReplicaSetStatus).</summary>
internal sealed class ReplicaSetStatusValidator : AbstractValidator<ReplicaSet>
{
    public ReplicaSetStatusValidator() => RuleFor(replicaSet => replicaSet.Status!).SetValidator(new Counts());

    private sealed class Counts : AbstractValidator<ReplicaSetStatus>
    {
        public Counts()
        {
            RuleFor(status => (int?)status.Replicas).AtLeastZero();
            RuleFor(status => status.FullyLabeledReplicas).AtLeastZero();
            RuleFor(status => status.ReadyReplicas).AtLeastZero();
            RuleFor(status => status.AvailableReplicas).AtLeastZero();
            RuleFor(status => status.TerminatingReplicas).AtLeastZero();
            RuleFor(status => status.ObservedGeneration).AtLeastZero();
            RuleFor(status => status.FullyLabeledReplicas).CheckWith((status, labeled) => CountRules.NotAboveReplicas(labeled, status.Replicas));
            RuleFor(status => status.ReadyReplicas).CheckWith((status, ready) => CountRules.NotAboveReplicas(ready, status.Replicas));
            RuleFor(status => status.AvailableReplicas).CheckWith((status, available) => CountRules.NotAboveReplicas(available, status.Replicas));
            RuleFor(status => status.AvailableReplicas).CheckWith((status, available) => CountRules.NotAboveReady(available, status.ReadyReplicas));
        }
    }
}

/// <summary>How the counts of a status bound each other; an absent one is 0.</summary>
internal static class CountRules
{
    public static FieldProblem? NotAboveReplicas(int? count, int? replicas) => NotAbove(count, replicas, "status.replicas");

    public static FieldProblem? NotAboveReady(int? available, int? ready) => NotAbove(available, ready, "readyReplicas");

    private static FieldProblem? NotAbove(int? count, int? bound, string boundName) =>
        (count ?? 0) > (bound ?? 0) ? FieldProblem.Invalid(count ?? 0, $"cannot be greater than {boundName}") : null;
}
