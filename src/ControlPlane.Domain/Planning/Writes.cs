using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning;

/// <summary>How a planner's wishes become writes.</summary>
internal static class Writes
{
    /// <summary>The write that turns what is stored into what is wanted; none when they are the same.</summary>
    public static ValueList<Write> Of(ReplicaSet wanted, ReplicaSet? stored) => stored is null
        ? [new Write.Create(wanted)]
        : Update(wanted, (wanted.Metadata, wanted.Spec) != (stored.Metadata, stored.Spec), wanted.Status != stored.Status);

    /// <inheritdoc cref="Of(ReplicaSet, ReplicaSet?)"/>
    public static ValueList<Write> Of(Deployment wanted, Deployment stored) =>
        Update(wanted, (wanted.Metadata, wanted.Spec) != (stored.Metadata, stored.Spec), wanted.Status != stored.Status);

    /// <summary>
    /// An object leaves the store at once, unless a finalizer holds it: then it gets its deletion mark.
    /// </summary>
    public static Write End(ReplicaSet replicaSet, DateTimeOffset now) => replicaSet.Metadata.Finalizers.IsEmpty
        ? Write.Remove.Of(replicaSet)
        : new Write.Update(
            replicaSet with { Metadata = replicaSet.Metadata with { DeletionTimestamp = now, DeletionGracePeriodSeconds = 0 } },
            ResourceParts.Desired);

    /// <summary>The generation moves with the spec only (Kubernetes API conventions, generation).</summary>
    public static ReplicaSet WithGeneration(ReplicaSet wanted, ReplicaSet? stored) => stored is null || wanted.Spec == stored.Spec
        ? wanted
        : wanted with { Metadata = wanted.Metadata with { Generation = (stored.Metadata.Generation ?? 0) + 1 } };

    /// <inheritdoc cref="WithGeneration(ReplicaSet, ReplicaSet?)"/>
    public static Deployment WithGeneration(Deployment wanted, Deployment stored) => wanted.Spec == stored.Spec
        ? wanted
        : wanted with { Metadata = wanted.Metadata with { Generation = (stored.Metadata.Generation ?? 0) + 1 } };

    /// <summary>
    /// The specs that the plan was made from and does not write itself must still be the same, and what is made needs a namespace that stays.
    /// </summary>
    public static ValueList<Precondition> Preconditions(IReadOnlyList<Write> writes, IEnumerable<Resource> read)
    {
        HashSet<(string Kind, ObjectKey Key)> implied = [.. writes.Where(ChecksDesired).Select(write => (write.Kind.Kind, write.Key))];
        IEnumerable<Precondition> unchanged = read
            .Where(resource => !implied.Contains((ResourceKinds.Of(resource).Kind, resource.Key)))
            .Select(Precondition.DesiredUnchanged.Of);
        IEnumerable<Precondition> active = writes.OfType<Write.Create>()
            .Select(write => write.Object.Namespace)
            .Distinct(StringComparer.Ordinal)
            .Select(name => new Precondition.NamespaceActive(name));
        return [.. unchanged, .. active];
    }

    private static bool ChecksDesired(Write write) => write is Write.Update update && update.Parts.HasFlag(ResourceParts.Desired);

    private static ValueList<Write> Update(Resource wanted, bool isDesiredNew, bool isStatusNew)
    {
        ResourceParts parts = (isDesiredNew ? ResourceParts.Desired : ResourceParts.None) | (isStatusNew ? ResourceParts.Status : ResourceParts.None);
        return parts == ResourceParts.None ? [] : [new Write.Update(wanted, parts)];
    }
}
