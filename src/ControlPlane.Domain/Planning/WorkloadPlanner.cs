namespace ControlPlane.Domain.Planning;

/// <summary>One pass over a workload: rollout, then each ReplicaSet's pods, then a node for each new pod.</summary>
public static class WorkloadPlanner
{
    public static Plan Plan(WorkloadSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Planning.Plan.Nothing;
    }
}
