using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Garbage;

/// <summary>Empties a namespace that is being deleted, then removes it.</summary>
public static class NamespaceEnd
{
    /// <summary>At most this many objects are ended in one pass.</summary>
    public const int BatchMax = 1000;

    /// <summary>The plans for a namespace, each independent of the others; none for one that stays.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="contents">Everything in it.</param>
    /// <param name="now">The time of the pass.</param>
    public static IReadOnlyList<Plan> Plan(Namespace space, IReadOnlyCollection<Resource> contents, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(contents);
        if (!space.Metadata.IsDeleting)
        {
            return [];
        }

        return contents.Count == 0 && space.Metadata.Finalizers.IsEmpty
            ? [Deletion.Removal(space)]
            : [.. contents.Select(item => Deletion.PlanFor(item, now)).OfType<Plan>().Take(BatchMax)];
    }
}
