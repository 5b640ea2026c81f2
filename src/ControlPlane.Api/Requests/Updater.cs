using System.Collections.Immutable;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Requests;

/// <summary>
/// Changes one stored object: reads it, lets a function change it, checks the outcome and commits it on the condition that nobody
/// changed it meanwhile; then all of it again, a bounded number of times.
/// </summary>
internal sealed class Updater(IResourceStore store, CacheReader reader, ServiceAllocator allocator, QuotaCharges quotas, TimeProvider time, Func<Guid> newId)
{
    /// <summary>How often a write is tried when others write the same object at the same time.</summary>
    public const int AttemptsMax = 10;

    /// <summary>The same where each of them may come before: of many at once one gets through each time, and a client that names no version cannot help a conflict (Kubernetes tries on as well).</summary>
    private const int ConflictsMax = 200;

    /// <summary>Replaces parts of an object by what <paramref name="change"/> makes of it. A change that comes to nothing is no write.</summary>
    /// <param name="key">Which object.</param>
    /// <param name="parts">Metadata and spec, or the status: the other part keeps what is stored. All of it: what the change makes of the status is taken as it is.</param>
    /// <param name="context">Who, and whether to store it.</param>
    /// <param name="change">Makes the wanted object from the stored one; throws the client's error, a stale <c>resourceVersion</c> for one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The object as it is stored now.</returns>
    public Task<T> UpdateAsync<T>(ObjectKey key, ResourceParts parts, WriteContext context, Func<T, T> change, CancellationToken cancellationToken)
        where T : Resource => UpdateAsync<T>(key, parts, context, (stored, _) => ValueTask.FromResult(change(stored)), cancellationToken);

    /// <summary>The same for a change that has to read something else first.</summary>
    public async Task<T> UpdateAsync<T>(
        ObjectKey key, ResourceParts parts, WriteContext context, Func<T, CancellationToken, ValueTask<T>> change, CancellationToken cancellationToken)
        where T : Resource
    {
        ResourceKind kind = ResourceKinds.Of<T>();
        for (int attempt = 1; ; attempt++)
        {
            T stored = await reader.FindLatestAsync<T>(key, cancellationToken) ?? throw StatusError.NotFound(kind, key.Name);
            T wanted = await change(stored, cancellationToken);
            Resource updated = parts == ResourceParts.Status
                ? PrepareStatus(kind, stored, wanted)
                : RevisionRecording.Signed(
                    stored, Ownership.Record(kind, stored, ResourceRules.WithTimes(Prepare(kind, parts, stored, wanted), stored, time.WholeSecondsNow()), context, time.WholeSecondsNow()), context);
            if (Sameness.Of(updated, stored))
            {
                return stored;
            }

            bool leaves = Deletion.IsDone(updated);
            Allocated allocated = leaves || parts == ResourceParts.Status ? new(updated, [], []) : await allocator.AllocateAsync(updated, stored, cancellationToken);
            updated = allocated.Object;
            QuotaAnswer.Fits charge = leaves || parts == ResourceParts.Status ? new([], []) : await quotas.ChargeAsync(updated, stored, cancellationToken);
            if (context.DryRun)
            {
                return (T)updated;
            }

            Write write = leaves ? Write.Remove.Of(updated) : new Write.Update(updated, parts);
            Precondition unchanged = new Precondition.AtResourceVersion(kind, key, stored.Metadata.Revision);
            IdSource ids = new(BitConverter.ToUInt64(newId().ToByteArray()));
            IEnumerable<Write> record = leaves ? [] : RevisionRecording.Of(stored, updated, context, time.WholeSecondsNow(), ids);

            // The object goes last: it is answered with the revision of the unit's last write.
            CommitUnit unit = new() { Actor = context.Actor, Preconditions = [unchanged, .. allocated.Preconditions, .. charge.Preconditions], Writes = [.. charge.Writes, .. record, .. allocated.Writes, write] };
            UnitResult result = await CommitAsync(unit, cancellationToken);
            switch (result)
            {
                case UnitResult.Committed committed:
                    return (T)updated.AtRevision(committed.Revision);
                case UnitResult.Refused refused when QuotaCharges.WereTaken(refused, charge) && attempt < QuotaCharges.AttemptsMax:
                    continue;
                case UnitResult.Refused { Reason: RefusalReason.Conflict or RefusalReason.NotFound or RefusalReason.UidMismatch } when attempt < ConflictsMax:
                    continue;
                case UnitResult.Refused refused when ServiceAllocator.WasTaken(refused) && attempt < AttemptsMax:
                    continue;
                case UnitResult.Refused refused:
                    throw new CommitRefusedException(refused);
            }
        }
    }

    /// <summary>Commits one unit.</summary>
    public async Task<UnitResult> CommitAsync(CommitUnit unit, CancellationToken cancellationToken)
    {
        ImmutableArray<UnitResult> results = await store.CommitAsync([unit], cancellationToken);
        if (results[0] is UnitResult.Committed committed && unit.Writes.Any(write => write.Kind == ResourceKinds.ResourceQuota))
        {
            quotas.Written(committed.Revision);
        }

        return results[0];
    }

    /// <summary>An object as it would be stored in place of another: complete, valid, and with what clients cannot change.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="stored">What is stored.</param>
    /// <param name="wanted">What is to be.</param>
    /// <param name="judgedBy">What the change is judged by, where that is not what is stored.</param>
    /// <exception cref="ApiException">422: it breaks rules.</exception>
    public static Resource PrepareDesired(ResourceKind kind, Resource stored, Resource wanted, Resource? judgedBy = null)
    {
        Resource carried = ResourceStatus.WithStatusOf(wanted, stored) with
        {
            ApiVersion = stored.ApiVersion,
            Kind = stored.Kind,
            Metadata = Carry(stored.Metadata, wanted.Metadata),
        };
        Resource updated = ResourceRules.WithDefaults(ResourceRules.WithChoicesOf(carried, stored));
        Validation.ThrowIfInvalid(kind, stored.Name, ResourceRules.ValidateUpdate(updated, judgedBy ?? stored));
        return updated with { Metadata = updated.Metadata with { Generation = ResourceRules.Generation(updated, stored) } };
    }

    private static Resource Prepare(ResourceKind kind, ResourceParts parts, Resource stored, Resource wanted)
    {
        // A binding, and nothing else, gives a pod its node.
        Pod? bound = parts == ResourceParts.All && (stored, wanted) is (Pod { Spec.NodeName: null } pod, Pod { Spec.NodeName: { Length: > 0 } node })
            ? pod with { Spec = pod.Spec with { NodeName = node } }
            : null;
        Resource prepared = PrepareDesired(kind, stored, wanted, bound);
        return parts == ResourceParts.All ? ResourceStatus.WithStatusOf(prepared, wanted) : prepared;
    }

    /// <summary>An object with the status that a client wrote.</summary>
    /// <exception cref="ApiException">422: it breaks rules.</exception>
    private static Resource PrepareStatus(ResourceKind kind, Resource stored, Resource wanted)
    {
        Resource updated = ResourceStatus.WithStatusOf(stored, wanted);
        Validation.ThrowIfInvalid(kind, stored.Name, ResourceRules.ValidateStatusUpdate(updated, stored));
        return updated;
    }

    /// <summary>What clients cannot change stays as it is stored.</summary>
    private static ObjectMeta Carry(ObjectMeta stored, ObjectMeta wanted) => wanted with
    {
        Name = stored.Name,
        Namespace = stored.Namespace,
        GenerateName = stored.GenerateName,
        Uid = stored.Uid,
        SelfLink = null,
        ResourceVersion = stored.ResourceVersion,
        DesiredRevision = stored.DesiredRevision,
        Generation = stored.Generation,
        CreationTimestamp = stored.CreationTimestamp,
        DeletionTimestamp = stored.DeletionTimestamp,
        DeletionGracePeriodSeconds = stored.DeletionGracePeriodSeconds,
    };
}

/// <summary>The store left a unit out; the pipeline answers it with a <c>Status</c>.</summary>
internal sealed class CommitRefusedException(UnitResult.Refused refused) : Exception($"refused: {refused.Reason} {refused.Kind} {refused.Key}")
{
    public UnitResult.Refused Refused { get; } = refused;
}
