using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Disruptions;

/// <summary>What is left of a PodDisruptionBudget, and whether it lets a pod go (Kubernetes: disruption controller, eviction subresource).</summary>
public static class DisruptionBudgets
{
    private const string Condition = "DisruptionAllowed";

    /// <summary>Whether a budget counts a pod. A budget without a selector counts none (Kubernetes: policy/v1).</summary>
    public static bool Selects(PodDisruptionBudget budget, Pod pod)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(pod);
        return budget.Namespace == pod.Namespace && budget.Spec.Selector?.Matches(pod.Metadata.Labels) == true;
    }

    /// <summary>The plan for a budget's status. It rests on the budget as it was read, for evictions write to it, too.</summary>
    public static Plan Plan(PodDisruptionBudget budget, IEnumerable<Pod> pods, Func<Pod, (string Uid, int Replicas)?> controllerOf, DateTimeOffset now)
    {
        PodDisruptionBudgetStatus status = StatusOf(budget, [.. pods.Where(pod => Selects(budget, pod) && !pod.HasEnded())], controllerOf, now);
        return status == budget.Status
            ? Planning.Plan.Nothing
            : new Plan
            {
                Preconditions = [new Precondition.AtResourceVersion(ResourceKinds.PodDisruptionBudget, budget.Key, budget.Metadata.Revision)],
                Writes = [new Write.Update(budget with { Status = status }, ResourceParts.Status)],
            };
    }

    /// <summary>
    /// Worked through: 5 replicas, <c>maxUnavailable: 30%</c> → 2 may be missing, 3 must be healthy; with 4 healthy, 1 eviction is allowed.
    /// </summary>
    private static PodDisruptionBudgetStatus StatusOf(
        PodDisruptionBudget budget, Pod[] pods, Func<Pod, (string Uid, int Replicas)?> controllerOf, DateTimeOffset now)
    {
        int healthy = pods.Count(pod => !pod.Metadata.IsDeleting && pod.IsReady());
        (int expected, int desired) = Wanted(budget.Spec, pods, controllerOf);
        int allowed = expected <= 0 ? 0 : Math.Max(0, healthy - desired);
        return new PodDisruptionBudgetStatus
        {
            ObservedGeneration = budget.Metadata.Generation,
            CurrentHealthy = healthy,
            DesiredHealthy = desired,
            ExpectedPods = expected,
            DisruptionsAllowed = allowed,
            Conditions = Conditions.With(budget.Status?.Conditions ?? default, new Condition
            {
                Type = Condition,
                Status = allowed > 0 ? "True" : "False",
                Reason = allowed > 0 ? "SufficientPods" : "InsufficientPods",
                ObservedGeneration = budget.Metadata.Generation,
                LastTransitionTime = now,
            }),
        };
    }

    /// <summary>A plain <c>minAvailable</c> counts the pods there are; everything else counts what their controllers want. Per cents are rounded up.</summary>
    private static (int Expected, int Desired) Wanted(PodDisruptionBudgetSpec spec, Pod[] pods, Func<Pod, (string Uid, int Replicas)?> controllerOf)
    {
        if (spec.MinAvailable is { IsNumber: true, Number: var number })
        {
            return (pods.Length, number);
        }

        int expected = pods.Select(pod => controllerOf(pod) ?? (pod.Uid, 1)).Distinct().Sum(controller => controller.Item2);
        return spec switch
        {
            { MinAvailable: { } least } => (expected, Share(least, expected)),
            { MaxUnavailable: { } most } => (expected, Math.Max(0, expected - Share(most, expected))),
            _ => (0, 0),
        };
    }

    private static int Share(IntOrString value, int of) => value.IsNumber ? value.Number : (int)Math.Ceiling(of * (value.Percent ?? 0) / 100.0);

    /// <summary>What a budget says of an eviction. A pod that is not ready costs a budget nothing that has enough without it.</summary>
    public static BudgetAnswer Judge(PodDisruptionBudget budget, Pod pod)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(pod);
        PodDisruptionBudgetStatus status = budget.Status ?? new PodDisruptionBudgetStatus();
        bool isEnough = status.DesiredHealthy > 0 && status.CurrentHealthy >= status.DesiredHealthy;
        if (!pod.IsReady() && (budget.Spec.UnhealthyPodEvictionPolicy == "AlwaysAllow" || isEnough))
        {
            return new BudgetAnswer.Allowed();
        }

        if ((status.ObservedGeneration ?? 0) < (budget.Metadata.Generation ?? 0))
        {
            return new BudgetAnswer.NotCounted($"The disruption budget {budget.Name} is still being processed by the server.");
        }

        return status.DisruptionsAllowed > 0
            ? new BudgetAnswer.Spent(budget with { Status = status with { DisruptionsAllowed = status.DisruptionsAllowed - 1 } })
            : new BudgetAnswer.Refused($"The disruption budget {budget.Name} needs {status.DesiredHealthy} healthy pods and has {status.CurrentHealthy} currently");
    }
}

/// <summary>A budget's answer to an eviction.</summary>
public abstract record BudgetAnswer
{
    private BudgetAnswer()
    {
    }

    /// <summary>It loses nothing by it.</summary>
    public sealed record Allowed : BudgetAnswer;

    /// <summary>It is allowed, and the budget has one less.</summary>
    public sealed record Spent(PodDisruptionBudget Budget) : BudgetAnswer;

    /// <summary>It has none to spend, for as long as its pods are as they are.</summary>
    public sealed record Refused(string Why) : BudgetAnswer;

    /// <summary>Not yet: its pods are still to be counted for what it asks now.</summary>
    public sealed record NotCounted(string Why) : BudgetAnswer;
}
