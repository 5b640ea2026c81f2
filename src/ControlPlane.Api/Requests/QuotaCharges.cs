using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>Looks for room in the quotas of an object's namespace. The store refuses what another was faster with: then it is looked for again.</summary>
internal sealed class QuotaCharges(CacheReader reader)
{
    /// <summary>How often room is looked for when others take from the same quota at the same time; each time one of them has got some.</summary>
    public const int AttemptsMax = 200;

    private long writtenHere;

    /// <summary>Whoever was told that a quota is stored meets it with the next request, though memory may not have it yet.</summary>
    /// <param name="revision">The commit of a quota by this replica.</param>
    public void Written(long revision)
    {
        long known;
        do
        {
            known = Interlocked.Read(ref writtenHere);
        }
        while (known < revision && Interlocked.CompareExchange(ref writtenHere, revision, known) != known);
    }

    /// <summary>What to commit with an object.</summary>
    /// <param name="wanted">The object as it is to be stored.</param>
    /// <param name="stored">The object as it is stored; null for a new one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ApiException">403: there is no room for it.</exception>
    public async ValueTask<QuotaAnswer.Fits> ChargeAsync(Resource wanted, Resource? stored, CancellationToken cancellationToken)
    {
        // Where there is no quota, nobody waits for the newest state because of it: one that is made by another replica at this moment counts for the next object.
        ResourceKind kind = ResourceKinds.Of(wanted);
        if (!kind.IsNamespaced || (reader.Cache.Revision >= Interlocked.Read(ref writtenHere) && !MayConcern(wanted)))
        {
            return new QuotaAnswer.Fits([], []);
        }

        KindScope[] scopes = [new(ResourceKinds.ResourceQuota, wanted.Namespace), new(kind, wanted.Namespace)];
        ReadSnapshots read = await reader.SnapshotsAsync(scopes, resourceVersion: null, cancellationToken);
        QuotaAnswer answer = QuotaAccounting.Judge(
            wanted, stored, InNamespace(read.Kinds[0], wanted.Namespace).Cast<ResourceQuota>(), [.. InNamespace(read.Kinds[1], wanted.Namespace)]);
        return answer switch
        {
            QuotaAnswer.Fits fits => fits,
            QuotaAnswer.Refused refused => throw StatusError.Forbidden(kind, wanted.Name, refused.Why),
            _ => throw new InvalidOperationException("quotas give no other answer"),
        };
    }

    /// <summary>Whether a unit was refused because another took from the same quota.</summary>
    public static bool WereTaken(UnitResult.Refused refused, QuotaAnswer.Fits charge) =>
        refused.Kind == ResourceKinds.ResourceQuota.Kind && charge.Writes.Any(write => write.Key == refused.Key);

    private bool MayConcern(Resource wanted) => InNamespace(reader.Cache.Snapshot(ResourceKinds.ResourceQuota), wanted.Namespace)
        .Cast<ResourceQuota>()
        .Any(quota => QuotaAccounting.Concerns(quota, wanted));

    private static IEnumerable<Resource> InNamespace(KindSnapshot snapshot, string name) => snapshot.Objects.Values.Where(item => item.Namespace == name);
}
