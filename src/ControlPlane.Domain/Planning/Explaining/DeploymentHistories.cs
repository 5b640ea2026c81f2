using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>Tells a Deployment's history from its records, and from ReplicaSets that are older than those.</summary>
public static class DeploymentHistories
{
    /// <param name="deployment">Whose history.</param>
    /// <param name="replicaSets">Those it controls.</param>
    /// <param name="records">Its revision records.</param>
    public static DeploymentHistory Of(Deployment deployment, IEnumerable<ReplicaSet> replicaSets, IEnumerable<DeploymentRevision> records)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        Dictionary<string, ReplicaSet> kept = replicaSets.ToDictionary(replicaSet => replicaSet.Name, StringComparer.Ordinal);
        DeploymentRevision[] recorded = [.. records];
        HashSet<long> revisions = [.. recorded.Select(record => record.Status?.Revision ?? 0)];
        IEnumerable<DeploymentHistoryItem> unrecorded = kept.Values.Where(replicaSet => !revisions.Contains(Revisions.Of(replicaSet))).Select(ItemOf);
        return new DeploymentHistory
        {
            ApiVersion = $"{DeploymentHistory.Group}/{DeploymentHistory.Version}",
            Kind = nameof(DeploymentHistory),
            Metadata = new ObjectMeta
            {
                Name = deployment.Name,
                Namespace = deployment.Namespace,
                Uid = deployment.Uid,
                ResourceVersion = deployment.Metadata.ResourceVersion,
                Generation = deployment.Metadata.Generation,
                CreationTimestamp = deployment.Metadata.CreationTimestamp,
            },
            Items = recorded
                .OrderByDescending(record => record.Spec.Generation)
                .Select(record => ItemOf(record, kept))
                .Concat(unrecorded)
                .OrderByDescending(item => item.Revision ?? long.MaxValue)
                .ToValueList(),
        };
    }

    private static DeploymentHistoryItem ItemOf(DeploymentRevision record, Dictionary<string, ReplicaSet> kept)
    {
        DeploymentRevisionStatus status = record.Status ?? new DeploymentRevisionStatus { Outcome = RevisionRecords.Progressing };
        return new DeploymentHistoryItem
        {
            Revision = status.Revision,
            ReplicaSet = status.ReplicaSet is { } name && kept.ContainsKey(name) ? name : null,
            StartedBy = record.Spec.StartedBy,
            UserAgent = record.Spec.UserAgent,
            Change = record.Spec.Change,
            ChangeCause = status.ChangeCause,
            Images = record.Spec.Images,
            ResolvedImages = status.ReplicaSet is { } ran && kept.TryGetValue(ran, out ReplicaSet? replicaSet) ? ResolvedImages.Of(replicaSet) : status.ResolvedImages,
            StartedAt = record.Spec.StartedAt,
            Outcome = status.Outcome,
            Reason = status.Reason,
            Message = status.Message,
            EndedAt = status.EndedAt,
            DurationSeconds = status.EndedAt - record.Spec.StartedAt is { } duration ? (long)duration.TotalSeconds : null,
        };
    }

    /// <summary>What a ReplicaSet alone can tell.</summary>
    private static DeploymentHistoryItem ItemOf(ReplicaSet replicaSet) => new()
    {
        Revision = Revisions.Of(replicaSet),
        ReplicaSet = replicaSet.Name,
        ChangeCause = replicaSet.Metadata.Annotations[Revisions.ChangeCause],
        Images = TemplateChange.Images(replicaSet.Spec.Template).ToValueList(),
        ResolvedImages = ResolvedImages.Of(replicaSet),
        StartedAt = replicaSet.Metadata.CreationTimestamp,
        Outcome = Outcomes.Of(replicaSet) switch
        {
            RevisionOutcome.Complete => RevisionRecords.Complete,
            RevisionOutcome.Failed => RevisionRecords.Failed,
            _ => null,
        },
        Reason = Outcomes.FailureOf(replicaSet)?.Reason,
        Message = Outcomes.FailureOf(replicaSet)?.Message,
    };
}
