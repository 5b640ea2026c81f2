using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning;

/// <summary>One pass over a workload: rollout, then each ReplicaSet's pods, then a node for each new pod.</summary>
public static class WorkloadPlanner
{
    /// <summary>
    /// What to do now. The plan depends on the snapshot alone; the only thing it changes is the snapshot's cluster, into which it enters the
    /// pods that it places. Its preconditions are the owners' specs that it was made from; that of an object whose desired part it
    /// writes is implied by the write.
    /// </summary>
    public static Plan Plan(WorkloadSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Deployment is not { } deployment)
        {
            return Compose(snapshot, new RolloutPlan { Members = Members(snapshot, snapshot.ReplicaSets) }, released: []);
        }

        List<ReplicaSet> claimed = [];
        List<ReplicaSet> released = [];
        foreach (ReplicaSet replicaSet in snapshot.ReplicaSets)
        {
            switch (Ownership.Judge(deployment, deployment.Spec.Selector, replicaSet))
            {
                case Claim.Hold:
                    claimed.Add(replicaSet);
                    break;
                case Claim.Adopt:
                    claimed.Add(replicaSet with { Metadata = replicaSet.Metadata.WithController(deployment) });
                    break;
                case Claim.Release:
                    released.Add(replicaSet with { Metadata = replicaSet.Metadata.WithoutOwner(deployment) });
                    break;
            }
        }

        RolloutPlan rollout = DeploymentPlanner.Plan(deployment, Members(snapshot, claimed), snapshot);
        return Compose(snapshot, RevisionRecords.Tell(BlockedCondition.Tell(rollout, snapshot), snapshot), released);
    }

    /// <summary>ReplicaSets of the snapshot, as this pass wants them, each with its pods.</summary>
    internal static ValueList<RolloutMember> Members(WorkloadSnapshot snapshot, IReadOnlyList<ReplicaSet> replicaSets)
    {
        Dictionary<string, ReplicaSet> stored = snapshot.ReplicaSets.ToDictionary(replicaSet => replicaSet.Uid, StringComparer.Ordinal);
        return replicaSets.Zip(PodClaims.Of(replicaSets, snapshot.Pods), (replicaSet, pods) => new RolloutMember
        {
            Stored = stored[replicaSet.Uid],
            ReplicaSet = replicaSet,
            Pods = pods,
            Counts = PodCounts.Of(replicaSet, pods, snapshot.Now),
        }).ToValueList();
    }

    /// <summary>The writes of all parts, at most one for each object, and none that changes nothing.</summary>
    private static Plan Compose(WorkloadSnapshot snapshot, RolloutPlan rollout, IReadOnlyList<ReplicaSet> released)
    {
        List<Write> writes = [.. released.Select(replicaSet => new Write.Update(replicaSet, ResourceParts.Desired))];
        writes.AddRange(rollout.State);
        writes.AddRange(rollout.Removed.Select(replicaSet => Writes.End(replicaSet, snapshot.Now)));
        writes.AddRange(rollout.Records);
        List<EventNote> events = [.. rollout.Events];
        List<Resource> read = [];
        TimeSpan? recheck = rollout.RecheckAfter;
        foreach (RolloutMember member in rollout.Members.AsSpan())
        {
            ReplicaSet wanted = Writes.WithGeneration(member.ReplicaSet, member.Stored);
            ReplicaSetPlan plan = ReplicaSetPlanner.Plan(wanted, member.Pods, member.Counts, snapshot);
            ValueList<Write> own = Writes.Of(wanted with { Status = plan.Status }, member.Stored);
            writes.AddRange(own);
            writes.AddRange(plan.PodWrites);
            events.AddRange(plan.Events);
            recheck = plan.RecheckAfter < recheck ? plan.RecheckAfter : recheck ?? plan.RecheckAfter;
            if (member.Stored is { } stored && own.Count + plan.PodWrites.Count > 0)
            {
                read.Add(stored);
            }
        }

        if (rollout.Deployment is { } deployment)
        {
            Deployment stored = snapshot.Configured?.Declared ?? snapshot.Deployment!;
            writes.AddRange(Writes.Of(Writes.WithGeneration(snapshot.Configured?.Restored(deployment) ?? deployment, stored), stored));
            read.Add(stored);
            if (!deployment.Metadata.IsDeleting)
            {
                writes.AddRange(ConfigRevisions.Writes(snapshot, rollout.Members.Select(member => member.ReplicaSet.Spec.Template), read));
            }

            read.AddRange(snapshot.Policy.Candidates);
        }

        writes.AddRange(snapshot.Quotas?.Writes ?? default);
        return new Plan
        {
            Preconditions = writes.Count == 0 ? [] : [.. Writes.Preconditions(writes, read), .. snapshot.Quotas?.Preconditions ?? default],
            Writes = [.. writes],
            Events = [.. events],
            RecheckAfter = recheck,
        };
    }
}
