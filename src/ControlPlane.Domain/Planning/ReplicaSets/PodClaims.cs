using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.ReplicaSets;

/// <summary>A ReplicaSet's pods, each pass anew from controller references and labels.</summary>
internal sealed record PodClaims
{
    public static PodClaims None { get; } = new();

    /// <summary>Count towards the replicas; adopted ones among them, as they will be.</summary>
    public ValueList<Pod> Active { get; init; }

    /// <summary>On their way out.</summary>
    public ValueList<Pod> Terminating { get; init; }

    /// <summary>Those of <see cref="Active"/> that are taken in this pass.</summary>
    public ValueList<Pod> Adopted { get; init; }

    /// <summary>Let go in this pass, without the reference.</summary>
    public ValueList<Pod> Released { get; init; }

    /// <summary>
    /// Each ReplicaSet's claims, in the ReplicaSets' order. A pod without a controller goes to the first that matches it; ended pods are
    /// held by their reference alone and count for nothing.
    /// </summary>
    public static IReadOnlyList<PodClaims> Of(IReadOnlyList<ReplicaSet> replicaSets, IReadOnlyList<Pod> pods)
    {
        ILookup<string, Pod> byController = pods.ToLookup(pod => pod.Metadata.Controller?.Uid ?? "", StringComparer.Ordinal);
        List<Pod> orphans = [.. byController[""].Where(PodState.IsActive)];
        List<PodClaims> claims = new(replicaSets.Count);
        foreach (ReplicaSet replicaSet in replicaSets)
        {
            List<Pod> adopted = [];
            List<Pod> left = [];
            foreach (Pod pod in orphans)
            {
                (Ownership.Judge(replicaSet, replicaSet.Spec.Selector, pod) == Claim.Adopt ? adopted : left).Add(pod);
            }

            orphans = left;
            claims.Add(Of(replicaSet, byController[replicaSet.Uid], adopted));
        }

        return claims;
    }

    private static PodClaims Of(ReplicaSet replicaSet, IEnumerable<Pod> owned, List<Pod> orphans)
    {
        List<Pod> active = [];
        List<Pod> terminating = [];
        List<Pod> released = [];
        foreach (Pod pod in owned.Where(pod => !pod.HasEnded()))
        {
            switch (Ownership.Judge(replicaSet, replicaSet.Spec.Selector, pod))
            {
                case Claim.Hold:
                    (pod.IsActive() ? active : terminating).Add(pod);
                    break;
                case Claim.Release when pod.IsActive():
                    released.Add(pod with { Metadata = pod.Metadata.WithoutOwner(replicaSet) });
                    break;
            }
        }

        List<Pod> adopted = orphans.ConvertAll(pod => pod with { Metadata = pod.Metadata.WithController(replicaSet) });
        return new PodClaims
        {
            Active = [.. active, .. adopted],
            Terminating = [.. terminating],
            Adopted = [.. adopted],
            Released = [.. released],
        };
    }
}

/// <summary>A ReplicaSet's pods in numbers, as stored.</summary>
internal readonly record struct PodCounts
{
    public int Active { get; init; }

    /// <summary>Active, with all labels of the template.</summary>
    public int FullyLabeled { get; init; }

    public int Ready { get; init; }

    public int Available { get; init; }

    public int Terminating { get; init; }

    /// <summary>When the next pod becomes available by time alone; null when none will.</summary>
    public DateTimeOffset? NextAvailableAt { get; init; }

    public static PodCounts Of(ReplicaSet replicaSet, PodClaims pods, DateTimeOffset now)
    {
        int minReadySeconds = replicaSet.Spec.MinReadySeconds ?? 0;
        LabelSelector template = new() { MatchLabels = replicaSet.Spec.Template.Metadata.Labels };
        PodCounts counts = new() { Active = pods.Active.Count, Terminating = pods.Terminating.Count };
        foreach (Pod pod in pods.Active.AsSpan())
        {
            bool ready = pod.IsReady();
            bool available = pod.IsAvailable(minReadySeconds, now);
            counts = counts with
            {
                FullyLabeled = counts.FullyLabeled + (template.Matches(pod.Metadata.Labels) ? 1 : 0),
                Ready = counts.Ready + (ready ? 1 : 0),
                Available = counts.Available + (available ? 1 : 0),
                NextAvailableAt = ready && !available ? Earlier(counts.NextAvailableAt, pod.AvailableFrom(minReadySeconds)) : counts.NextAvailableAt,
            };
        }

        return counts;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) => left is null || right < left ? right : left;
}
