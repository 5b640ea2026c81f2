using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.ReplicaSets;

/// <summary>What a pass does about one ReplicaSet's pods, and the status it shows.</summary>
internal sealed record ReplicaSetPlan
{
    public required ReplicaSetStatus Status { get; init; }

    public ValueList<Write> PodWrites { get; init; }

    public ValueList<EventNote> Events { get; init; }

    public TimeSpan? RecheckAfter { get; init; }
}

/// <summary>Keeps the declared number of pods: adopts and releases, creates the missing, ends the superfluous.</summary>
internal static class ReplicaSetPlanner
{
    /// <summary>
    /// Pods made or ended for one ReplicaSet in one pass (Kubernetes: burst replicas, 500). A node's agent is told, and reports, once for each pass that concerns it: the fewer passes, the less
    /// is said for each pod. They are stored in transactions of 1,000, between which requests go first.
    /// </summary>
    public const int PodBatchMax = 2_000;

    private const string FailedCreate = "FailedCreate";

    /// <param name="replicaSet">The ReplicaSet as this pass wants it.</param>
    /// <param name="pods">What it holds.</param>
    /// <param name="counts">The same in numbers.</param>
    /// <param name="snapshot">The world, for names, nodes and time.</param>
    public static ReplicaSetPlan Plan(ReplicaSet replicaSet, PodClaims pods, PodCounts counts, WorkloadSnapshot snapshot)
    {
        ReplicaSetPlan plan = new() { Status = StatusOf(replicaSet, counts), RecheckAfter = counts.NextAvailableAt - snapshot.Now };
        if (replicaSet.Metadata.IsDeleting)
        {
            return plan;
        }

        List<Write> writes = [];
        List<EventNote> events = [];
        int missing = (replicaSet.Spec.Replicas ?? 1) - counts.Active;
        HashSet<string> ended = Surplus(replicaSet, pods, missing, snapshot);
        foreach (Pod pod in pods.Active.AsSpan())
        {
            if (ended.Contains(pod.Uid))
            {
                writes.Add(End(pod, snapshot.Now));
                events.Add(EventNote.Normal(replicaSet, "SuccessfulDelete", $"Deleted pod: {pod.Name}"));
            }
        }

        writes.AddRange(pods.Adopted.Where(pod => !ended.Contains(pod.Uid)).Concat(pods.Released).Select(pod => new Write.Update(pod, ResourceParts.Desired)));
        int batch = snapshot.Quotas is null ? PodBatchMax : QuotaRoom.PodBatchMax;
        string? refusal = Create(replicaSet, Math.Min(missing, batch), snapshot, writes, events);
        return plan with
        {
            Status = plan.Status with { Conditions = WithFailure(plan.Status.Conditions, replicaSet, refusal, snapshot.Now) },
            PodWrites = [.. writes],
            Events = [.. events],
            RecheckAfter = refusal is null && (missing > batch || -missing > PodBatchMax) ? TimeSpan.Zero : plan.RecheckAfter,
        };
    }

    private static HashSet<string> Surplus(ReplicaSet replicaSet, PodClaims pods, int missing, WorkloadSnapshot snapshot)
    {
        if (missing >= 0)
        {
            return [];
        }

        int count = Math.Min(-missing, PodBatchMax);
        Dictionary<string, int> neighbours = snapshot.Pods.Where(pod => pod.IsActive() && pod.IsBound() && pod.Metadata.Controller is not null)
            .CountBy(pod => pod.Spec.NodeName!, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        IReadOnlyList<Pod> ranked = PodRanking.FirstToGo(pods.Active, neighbours, replicaSet.Spec.MinReadySeconds ?? 0, snapshot.Now);
        return ranked.Take(count).Select(pod => pod.Uid).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// A pod that a node may be running gets its deletion mark and leaves the store when the node says that it has stopped; one that no node
    /// has seen leaves at once, unless a finalizer holds it.
    /// </summary>
    private static Write End(Pod pod, DateTimeOffset now)
    {
        if (!pod.IsBound() && pod.Metadata.Finalizers.IsEmpty)
        {
            return Write.Remove.Of(pod);
        }

        long grace = pod.IsBound() ? Deletion.GraceOf(pod) : 0;
        ObjectMeta marked = pod.Metadata with { DeletionTimestamp = now.AddSeconds(grace), DeletionGracePeriodSeconds = grace };
        return new Write.Update(pod with { Metadata = marked }, ResourceParts.Desired);
    }

    /// <summary>
    /// The missing pods, or why there can be none, or no more: the pods of one template are alike, so what is wrong with the first is asked once, before any is
    /// made; quotas are asked for each. (Kubernetes learns it by trying: one, then two, four, … until one is refused.)
    /// </summary>
    private static string? Create(ReplicaSet replicaSet, int count, WorkloadSnapshot snapshot, List<Write> writes, List<EventNote> events)
    {
        if (count <= 0)
        {
            return null;
        }

        PodFactory factory = new(replicaSet, snapshot.Pods.Select(pod => pod.Name), snapshot);
        if (factory.Refusal() is { } refusal)
        {
            events.Add(EventNote.Warning(replicaSet, FailedCreate, $"Error creating: {refusal}"));
            return refusal;
        }

        for (int i = 0; i < count; i++)
        {
            if (factory.QuotaRefusal() is { } exceeded)
            {
                events.Add(EventNote.Warning(replicaSet, FailedCreate, $"Error creating: {exceeded}"));
                return exceeded;
            }

            (Pod pod, EventNote note) = factory.Next();
            writes.Add(new Write.Create(pod));
            events.Add(EventNote.Normal(replicaSet, "SuccessfulCreate", $"Created pod: {pod.Name}"));
            events.Add(note);
        }

        return null;
    }

    /// <summary>What keeps pods from being made, since when (Kubernetes: ReplicaSet conditions, <c>ReplicaFailure</c>).</summary>
    private static ValueList<Condition> WithFailure(ValueList<Condition> conditions, ReplicaSet replicaSet, string? refusal, DateTimeOffset now)
    {
        if (refusal is null)
        {
            return conditions;
        }

        Condition? recorded = Conditions.Find(replicaSet.Status?.Conditions ?? default, WorkloadConditions.ReplicaFailure);
        return conditions.Add(new Condition
        {
            Type = WorkloadConditions.ReplicaFailure,
            Status = "True",
            Reason = FailedCreate,
            Message = refusal,
            LastTransitionTime = recorded?.LastTransitionTime ?? now,
        });
    }

    /// <summary>
    /// The pods as they are stored, never as this plan will leave them. The plan acts on the ReplicaSet's present spec, so its generation
    /// counts as observed. A failure to create pods that an earlier pass recorded is over, unless this one meets it again.
    /// </summary>
    private static ReplicaSetStatus StatusOf(ReplicaSet replicaSet, PodCounts counts) => new()
    {
        Replicas = counts.Active,
        FullyLabeledReplicas = Counts.OrAbsent(counts.FullyLabeled),
        ReadyReplicas = Counts.OrAbsent(counts.Ready),
        AvailableReplicas = Counts.OrAbsent(counts.Available),
        TerminatingReplicas = counts.Terminating,
        ObservedGeneration = replicaSet.Metadata.Generation,
        Conditions = WorkloadConditions.Without(replicaSet.Status?.Conditions ?? default, WorkloadConditions.ReplicaFailure),
    };
}
