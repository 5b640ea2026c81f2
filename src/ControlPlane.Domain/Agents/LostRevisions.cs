using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Agents;

/// <summary>
/// Revisions of a store that a failover may have lost: commits that were acknowledged by the old primary and never reached the new one. What an
/// agent was told at such a revision may have no record any longer.
/// </summary>
/// <param name="After">The last revision that is kept.</param>
/// <param name="Before">The first revision that was given afterwards.</param>
public sealed record LostRevisions(long After, long Before)
{
    /// <summary>
    /// Whose a container without a record is: the store's that ordered it, or, where that was at a lost revision, the lost branch's, <c>STORE@AFTER</c>.
    /// </summary>
    /// <param name="store">The identity of the store that ordered the container.</param>
    /// <param name="bornAtRevision">When.</param>
    /// <param name="inUse">The store in use.</param>
    /// <param name="lost">Its lost revisions.</param>
    public static string OwnerOf(string store, long bornAtRevision, string inUse, ValueList<LostRevisions> lost)
    {
        foreach (LostRevisions range in lost.AsSpan())
        {
            if (store == inUse && bornAtRevision > range.After && bornAtRevision < range.Before)
            {
                return $"{store}@{range.After}";
            }
        }

        return store;
    }
}
