using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>A ReplicaSet that takes part in a rollout: as this pass wants it, and the pods it has.</summary>
internal sealed record RolloutMember
{
    /// <summary>As it is stored; null for one that this pass makes.</summary>
    public ReplicaSet? Stored { get; init; }

    /// <summary>As this pass wants it.</summary>
    public required ReplicaSet ReplicaSet { get; init; }

    public required PodClaims Pods { get; init; }

    public required PodCounts Counts { get; init; }

    public string Name => ReplicaSet.Name;

    /// <summary>How many pods it is to have.</summary>
    public int Replicas => ReplicaSet.Spec.Replicas ?? 1;

    public bool IsActive => Replicas > 0;

    /// <summary>
    /// Available pods that it will still have when it has no more than its replicas: the unavailable go first, so of 5 pods, 4 of them available,
    /// with 3 replicas it keeps 3.
    /// </summary>
    public int Available => Math.Min(Counts.Available, Replicas);

    /// <summary>Pods that it has or is about to have: those it has yet to end count until they are marked.</summary>
    public int Held => Math.Max(Replicas, Counts.Active);

    public RolloutMember With(int replicas) =>
        replicas == Replicas ? this : this with { ReplicaSet = ReplicaSet with { Spec = ReplicaSet.Spec with { Replicas = replicas } } };

    /// <summary>Oldest first; the name decides between those of the same second.</summary>
    public static int CompareAge(RolloutMember left, RolloutMember right)
    {
        int order = Nullable.Compare(left.ReplicaSet.Metadata.CreationTimestamp, right.ReplicaSet.Metadata.CreationTimestamp);
        return order != 0 ? order : string.CompareOrdinal(left.Name, right.Name);
    }
}

/// <summary>A Deployment and its ReplicaSets: the values that the strategies turn into the next ones.</summary>
internal sealed record Rollout
{
    public required Deployment Deployment { get; init; }

    /// <summary>The one whose template is the Deployment's; null while there is none.</summary>
    public RolloutMember? New { get; init; }

    /// <summary>All others, oldest first.</summary>
    public ValueList<RolloutMember> Old { get; init; }

    /// <summary>True when this pass puts the new revision on trial anew: its template is declared again, or it is to be tried again.</summary>
    public bool IsTrialNew { get; init; }

    /// <summary>Whether a revision that fails is rolled back.</summary>
    public bool RollsBackOnFailure { get; init; } = true;

    /// <summary>Whether a policy's strategy stands in the Deployment's own one's place.</summary>
    public bool HasPolicyStrategy { get; init; }

    /// <summary>Whether nothing may roll because several policies are for the Deployment alike.</summary>
    public bool IsInConflict { get; init; }

    /// <summary>Whether nothing may roll because the policy of what is on its way is gone.</summary>
    public bool LacksPolicy { get; init; }

    public int Replicas => Deployment.Spec.Replicas ?? 1;

    /// <summary>The Deployment's own; Kubernetes' default where a policy's strategy stands in Recreate's place, for its end is a rolling update.</summary>
    public Fenceposts Bounds => Fenceposts.Of(HasPolicyStrategy && IsOwnRecreate ? Deployment.Spec with { Strategy = null } : Deployment.Spec);

    public int MinAvailable => Replicas - Bounds.MaxUnavailable;

    public int MaxTotal => Replicas + Bounds.MaxSurge;

    public bool IsRecreate => IsOwnRecreate && !HasPolicyStrategy;

    public IEnumerable<RolloutMember> Members => New is null ? Old : Old.Append(New);

    private bool IsOwnRecreate => Deployment.Spec.Strategy?.Type == Recreate.StrategyType;

    /// <summary>The same ReplicaSets, with the named one in the new one's place.</summary>
    public Rollout Around(string name)
    {
        List<RolloutMember> old = [.. Members.Where(member => member.Name != name)];
        old.Sort(RolloutMember.CompareAge);
        return this with { New = Members.FirstOrDefault(member => member.Name == name), Old = [.. old] };
    }

    /// <summary>The new ReplicaSet is the oldest with the Deployment's template; the rest are old.</summary>
    public static Rollout Of(Deployment deployment, IEnumerable<RolloutMember> members, PolicyChoice policy)
    {
        List<RolloutMember> byAge = [.. members];
        byAge.Sort(RolloutMember.CompareAge);
        RolloutMember? newest = byAge.Find(member => Templates.AreEqual(member.ReplicaSet.Spec.Template, deployment.Spec.Template));
        return new Rollout
        {
            Deployment = deployment,
            New = newest,
            Old = byAge.Where(member => !ReferenceEquals(member, newest)).ToValueList(),
            RollsBackOnFailure = policy.RollsBackOnFailure,
            HasPolicyStrategy = policy.Policy?.Spec.Strategy is not null,
        };
    }

    /// <summary>The rollout with each member's replicas as a function says.</summary>
    public Rollout Resize(Func<RolloutMember, int> replicas) => this with
    {
        New = New is null ? null : New.With(replicas(New)),
        Old = Old.Select(member => member.With(replicas(member))).ToValueList(),
    };
}
