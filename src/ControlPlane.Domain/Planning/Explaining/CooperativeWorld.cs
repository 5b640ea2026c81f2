using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>
/// A snapshot that lives on: plans take effect, what terminates ends, and pods of the declared template get ready a second after they have a node.
/// Pods of older templates stay as they are, and those whose node was deleted are ended. Mutable, and owned by one forecast.
/// </summary>
internal sealed class CooperativeWorld
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, ReplicaSet> replicaSets = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Pod> pods = new(StringComparer.Ordinal);
    private readonly WorkloadSnapshot start;
    private readonly HashSet<string> startingPods;
    private RolloutState? state;
    private TimeSpan? recheckAfter;

    public CooperativeWorld(WorkloadSnapshot snapshot, Deployment deployment)
    {
        start = snapshot;
        startingPods = snapshot.Pods.Select(pod => pod.Uid).ToHashSet(StringComparer.Ordinal);
        state = snapshot.State;
        Now = snapshot.Now;
        Deployment = deployment;
        foreach (ReplicaSet replicaSet in snapshot.ReplicaSets)
        {
            replicaSets[replicaSet.Name] = replicaSet;
        }

        foreach (Pod pod in snapshot.Pods)
        {
            pods[pod.Name] = pod;
        }
    }

    public DateTimeOffset Now { get; private set; }

    public Deployment Deployment { get; private set; }

    public IEnumerable<Pod> Unbound => pods.Values.Where(pod => pod.IsActive() && !pod.IsBound());

    public int Total => pods.Values.Count(PodState.IsActive);

    public int Available => pods.Values.Count(pod => pod.IsActive() && pod.IsAvailable(MinReadySeconds, Now));

    private int MinReadySeconds => Deployment.Spec.MinReadySeconds ?? 0;

    /// <summary>One pass of the planners; then pods that wait find a node where one has room. What they wrote.</summary>
    public IReadOnlyList<Write> Pass()
    {
        Plan plan = WorkloadPlanner.Plan(Snapshot());
        recheckAfter = plan.RecheckAfter;
        List<Write> written = [.. plan.Writes];
        written.ForEach(Apply);
        List<Write> bound = [.. PendingPods.Plan([.. Unbound], start.Cluster, Now, RewriteBounds.None).SelectMany(plan => plan.Writes)];
        bound.ForEach(Apply);
        return [.. written, .. bound];
    }

    /// <summary>
    /// Lets the cluster do its part, and time pass, once the planners have nothing more to do at this moment; false when neither changes anything
    /// any more. Passes follow each other at once, as the reconciler's do: 10 replicas with surge 3 reach 13 pods before one of them is ready.
    /// </summary>
    public bool GoOn()
    {
        List<Pod> left = [.. pods.Values.Where(pod => pod.IsActive() && pod.IsBound() && start.Cluster.Find(pod.Spec.NodeName!) is null)];
        if (left.Count > 0)
        {
            left.ForEach(pod => Put((Pod)Deletion.Marked(pod, Now)));
            return true;
        }

        List<Pod> ended = [.. pods.Values.Where(pod => pod.Metadata.IsDeleting)];
        List<Pod> started = [.. pods.Values.Where(pod => pod.IsActive() && pod.IsBound() && !pod.IsReady() && IsOfDeclaredTemplate(pod))];
        if (ended.Count > 0 || started.Count > 0)
        {
            Now += Step;
            ended.ForEach(Remove);
            started.ForEach(pod => Put(Ready(pod)));
            return true;
        }

        if (pods.Values.Select(pod => pod.AvailableFrom(MinReadySeconds)).Where(from => from > Now).Min() is { } next)
        {
            Now = next;
            return true;
        }

        if (state?.Spec.Phase is RolloutPhases.Paused or RolloutPhases.Promoted && recheckAfter is { } rest && rest > TimeSpan.Zero)
        {
            Now += rest;
            return true;
        }

        return false;
    }

    private bool IsOfDeclaredTemplate(Pod pod) => replicaSets.Values.Any(replicaSet =>
        replicaSet.Uid == pod.Metadata.Controller?.Uid && Templates.AreEqual(replicaSet.Spec.Template, Deployment.Spec.Template));

    private Pod Ready(Pod pod) => pod with
    {
        Status = (pod.Status ?? new PodStatus()) with
        {
            Phase = "Running",
            ContainerStatuses = [],
            Conditions = [new Condition { Type = Conditions.Ready, Status = "True", LastTransitionTime = Now }],
        },
    };

    private WorkloadSnapshot Snapshot() => start with
    {
        Deployment = Deployment,
        ReplicaSets = [.. replicaSets.Values],
        Pods = [.. pods.Values],
        State = state,
        Quotas = start.Quotas?.With(startingPods, pods.Values),
        IsReplicaSetNameTaken = name => replicaSets.ContainsKey(name) || start.IsReplicaSetNameTaken(name),
        Now = Now,
    };

    private void Apply(Write write)
    {
        switch (write)
        {
            case Write.Create { Object: ReplicaSet made }:
                replicaSets[made.Name] = made;
                break;
            case Write.Update { Object: ReplicaSet changed }:
                replicaSets[changed.Name] = changed;
                break;
            case Write.Remove { Kind: var kind, Key: var key } when kind == ResourceKinds.ReplicaSet:
                replicaSets.Remove(key.Name);
                break;
            case Write.Update { Object: Deployment changed }:
                Deployment = changed;
                break;
            case Write.Create { Object: RolloutState made }:
                state = made;
                break;
            case Write.Update { Object: RolloutState changed }:
                state = changed;
                break;
            case Write.Remove { Kind: var kind } when kind == ResourceKinds.RolloutState:
                state = null;
                break;
            case Write.Create { Object: Pod made }:
                Put(made);
                break;
            case Write.Update { Object: Pod changed }:
                Put(changed);
                break;
            case Write.Remove { Kind: var kind, Key: var key } when kind == ResourceKinds.Pod && pods.TryGetValue(key.Name, out Pod? pod):
                Remove(pod);
                break;
        }
    }

    private void Put(Pod pod)
    {
        pods[pod.Name] = pod;
        start.Cluster.Find(pod.Spec.NodeName ?? "")?.Add(pod);
    }

    private void Remove(Pod pod)
    {
        pods.Remove(pod.Name);
        start.Cluster.Find(pod.Spec.NodeName ?? "")?.Remove(pod.Uid);
    }
}
