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

    /// <summary>What to commit with an object.</summary>
    /// <param name="wanted">The object as it is to be stored.</param>
    /// <param name="stored">The object as it is stored; null for a new one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ApiException">403: there is no room for it.</exception>
    public async ValueTask<QuotaAnswer.Fits> ChargeAsync(Resource wanted, Resource? stored, CancellationToken cancellationToken)
    {
        // Where there is no quota, nobody waits for the newest state because of it: one that is made at this moment counts for the next object.
        ResourceKind kind = ResourceKinds.Of(wanted);
        if (!kind.IsNamespaced || !InNamespace(reader.Cache.Snapshot(ResourceKinds.ResourceQuota), wanted.Namespace).Cast<ResourceQuota>().Any(quota => QuotaAccounting.Concerns(quota, wanted)))
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

    private static IEnumerable<Resource> InNamespace(KindSnapshot snapshot, string name) => snapshot.Objects.Values.Where(item => item.Namespace == name);
}
