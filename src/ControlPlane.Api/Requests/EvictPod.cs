using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Disruptions;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Deletes a pod if its disruption budget allows it.</summary>
internal sealed record EvictPod(ObjectKey Key, DeleteOptions How, WriteContext Context) : IRequest<Deleted<Pod>>, IWriteRequest
{
    public string Verb => "evict";

    public string KindName => ResourceKinds.Pod.QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class EvictPodHandler(Deleter deleter, CacheReader reader) : IRequestHandler<EvictPod, Deleted<Pod>>
{
    /// <summary>When a client may ask again about a budget whose pods are being counted, in seconds (Kubernetes: eviction subresource).</summary>
    private const int CountedWithinSeconds = 10;

    public Task<Deleted<Pod>> Handle(EvictPod request, CancellationToken cancellationToken) =>
        deleter.DeleteAsync<Pod>(request.Key, request.How, request.Context, cancellationToken, pod => BudgetOfAsync(pod, cancellationToken));

    /// <summary>
    /// The budget that the eviction spends, committed with the pod's mark: of two evictions that see the same budget one is refused, and looks again.
    /// A pod that has not begun, has ended or is ending costs nothing.
    /// </summary>
    private async ValueTask<Beside> BudgetOfAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (pod.Metadata.IsDeleting || pod.Status?.Phase is "Succeeded" or "Failed" or "Pending")
        {
            return Beside.Nothing;
        }

        ReadSnapshot all = await reader.SnapshotAsync(ResourceKinds.PodDisruptionBudget, pod.Namespace, resourceVersion: null, cancellationToken);
        PodDisruptionBudget[] budgets = [.. all.Snapshot.Objects.Values.Cast<PodDisruptionBudget>().Where(budget => DisruptionBudgets.Selects(budget, pod))];
        if (budgets.Length == 0)
        {
            return Beside.Nothing;
        }

        if (budgets.Length > 1)
        {
            throw StatusError.InternalError("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }

        return DisruptionBudgets.Judge(budgets[0], pod) switch
        {
            BudgetAnswer.Refused refused => throw StatusError.BudgetRefused(refused.Why),
            BudgetAnswer.NotCounted behind => throw StatusError.BudgetRefused(behind.Why, CountedWithinSeconds),
            BudgetAnswer.Spent spent => new Beside(
                [new Precondition.AtResourceVersion(ResourceKinds.PodDisruptionBudget, budgets[0].Key, budgets[0].Metadata.Revision)],
                [new Write.Update(spent.Budget, ResourceParts.Status)]),
            _ => Beside.Nothing,
        };
    }
}
