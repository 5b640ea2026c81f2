using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Garbage;

/// <summary>What an owner's end means for the objects that name it as their owner (Kubernetes: garbage collection).</summary>
public static class OwnerDeletion
{
    /// <summary>Whether an object stays until its dependants are gone or let go.</summary>
    public static bool Waits(Resource owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return owner.Metadata.IsDeleting
            && (owner.Metadata.Finalizers.Contains(Deletion.ForegroundFinalizer) || owner.Metadata.Finalizers.Contains(Deletion.OrphanFinalizer));
    }

    /// <summary>The plans for an owner's uid, each independent of the others.</summary>
    /// <param name="owner">The owner; null once it has left the store.</param>
    /// <param name="dependants">Everything that names it.</param>
    /// <param name="owners">Which other owners there are.</param>
    /// <param name="now">The time of the pass.</param>
    public static IReadOnlyList<Plan> Plan(Resource? owner, IReadOnlyCollection<Resource> dependants, IOwners owners, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(dependants);
        ArgumentNullException.ThrowIfNull(owners);
        if (owner is null)
        {
            return [.. dependants.Where(item => !item.Metadata.OwnerReferences.Any(owners.Exists)).Select(item => Deletion.PlanFor(item, now)).OfType<Plan>()];
        }

        return !Waits(owner) ? []
            : owner.Metadata.Finalizers.Contains(Deletion.OrphanFinalizer) ? Orphan(owner, dependants, now)
            : Foreground(owner, dependants, owners, now);
    }

    /// <summary>Lets the dependants go; a Deployment's history is no use to anyone without it, nor is what a Service had taken.</summary>
    private static List<Plan> Orphan(Resource owner, IReadOnlyCollection<Resource> dependants, DateTimeOffset now) =>
        dependants.Count == 0
            ? [WithoutFinalizer(owner, Deletion.OrphanFinalizer)]
            : [.. dependants.Select(item => item is DeploymentRevision or RolloutState or ServiceAllocation ? Deletion.PlanFor(item, now) : Deletion.Write(WithoutOwner(item, owner))).OfType<Plan>()];

    /// <summary>Ends the dependants, and the owner once none is left that it has to wait for.</summary>
    private static List<Plan> Foreground(Resource owner, IReadOnlyCollection<Resource> dependants, IOwners owners, DateTimeOffset now)
    {
        List<Plan> plans = [];
        bool isBlocked = false;
        foreach (Resource item in dependants)
        {
            bool hasOtherOwner = item.Metadata.OwnerReferences.Any(other => other.Uid != owner.Uid && owners.Exists(other) && !owners.IsEnding(other));
            isBlocked |= item.Metadata.OwnerReferences.Any(reference => reference.Uid == owner.Uid && reference.BlockOwnerDeletion == true);
            Plan? plan = hasOtherOwner ? Deletion.Write(WithoutOwner(item, owner))
                : owners.HasDependants(item.Uid) && !item.Metadata.IsDeleting ? Deletion.Write(MarkedForForeground(item, now))
                : Deletion.PlanFor(item, now);
            if (plan is not null)
            {
                plans.Add(plan);
            }
        }

        if (!isBlocked)
        {
            plans.Add(WithoutFinalizer(owner, Deletion.ForegroundFinalizer));
        }

        return plans;
    }

    private static Resource MarkedForForeground(Resource item, DateTimeOffset now)
    {
        Resource marked = Deletion.Marked(item, now);
        return marked.Metadata.Finalizers.Contains(Deletion.ForegroundFinalizer)
            ? marked
            : marked with { Metadata = marked.Metadata with { Finalizers = marked.Metadata.Finalizers.Add(Deletion.ForegroundFinalizer) } };
    }

    private static Resource WithoutOwner(Resource item, Resource owner) => item with
    {
        Metadata = item.Metadata with { OwnerReferences = item.Metadata.OwnerReferences.Where(reference => reference.Uid != owner.Uid).ToValueList() },
    };

    /// <summary>The last finalizer takes the object with it, but a pod that runs on a node waits for the node.</summary>
    private static Plan WithoutFinalizer(Resource owner, string finalizer)
    {
        ValueList<string> others = owner.Metadata.Finalizers.Where(other => other != finalizer).ToValueList();
        bool isLast = others.IsEmpty && owner is not Pod { Spec.NodeName.Length: > 0 };
        return isLast ? Deletion.Removal(owner) : Deletion.Write(owner with { Metadata = owner.Metadata with { Finalizers = others } });
    }
}

/// <summary>Which owners there are, as the world knows them.</summary>
public interface IOwners
{
    /// <summary>Whether an owner is there; owners of kinds that are not stored here are taken to be.</summary>
    bool Exists(OwnerReference owner);

    /// <summary>Whether an owner is on its way out and takes its dependants with it.</summary>
    bool IsEnding(OwnerReference owner);

    bool HasDependants(string uid);
}
