using System.Globalization;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>The annotations by which a Deployment's history is told (Kubernetes: <c>deployment.kubernetes.io/…</c>). Revisions are 64-bit.</summary>
internal static class Revisions
{
    public const string Revision = "deployment.kubernetes.io/revision";
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";
    public const string DesiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
    public const string MaxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";
    public const string ChangeCause = "kubernetes.io/change-cause";

    /// <summary>
    /// The change cause that was filled in because the user gave none. Where both are the same, it is not the user's: <c>kubectl rollout undo</c>
    /// copies both to the Deployment, and without this the text would stick to every later revision.
    /// </summary>
    public const string FilledChangeCause = "controlplane.dev/filled-change-cause";

    public const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Characters of a revision history; beyond it the oldest revisions are forgotten.</summary>
    private const int HistoryLengthMax = 2000;

    /// <summary>Those that describe the object that carries them; all others go from the Deployment to its new ReplicaSet.</summary>
    private static readonly HashSet<string> NotCopied = new(StringComparer.Ordinal)
    {
        LastApplied, Revision, RevisionHistory, DesiredReplicasAnnotation, MaxReplicasAnnotation, Rollback.Annotation, FilledChangeCause,
        RolloutRequests.Retry, RolloutRequests.Abort, RolloutRequests.Promote, ResolvedImages.Annotation, ActionMark.Annotation, RollbackAuthor.Annotation,
    };

    public static bool IsCopied(string annotation) => !NotCopied.Contains(annotation);

    /// <summary>What goes from a Deployment to its new ReplicaSet, and back on a rollback.</summary>
    public static IEnumerable<KeyValuePair<string, string>> ToCopy(Resource resource) => resource.Metadata.Annotations
        .Where(annotation => IsCopied(annotation.Key) && (annotation.Key != ChangeCause || HasChangeCause(resource)));

    /// <summary>Whether a user gave a change cause.</summary>
    public static bool HasChangeCause(Resource resource) =>
        resource.Metadata.Annotations[ChangeCause] is { Length: > 0 } cause && cause != resource.Metadata.Annotations[FilledChangeCause];

    /// <summary>A ReplicaSet with a change cause that no user gave.</summary>
    public static ReplicaSet WithFilledChangeCause(ReplicaSet replicaSet, string cause) => replicaSet with
    {
        Metadata = replicaSet.Metadata with
        {
            Annotations = replicaSet.Metadata.Annotations.SetItem(ChangeCause, cause).SetItem(FilledChangeCause, cause),
        },
    };

    /// <summary>An object's revision; 0 when it has none, or none that can be read.</summary>
    public static long Of(Resource resource) => Read(resource) ?? 0;

    /// <summary>The declared replicas for which a ReplicaSet was last sized; null when that is not recorded.</summary>
    public static int? DesiredReplicas(ReplicaSet replicaSet) => Number(replicaSet, DesiredReplicasAnnotation);

    /// <summary>Replicas + maxSurge for which a ReplicaSet was last sized; null when that is not recorded.</summary>
    public static int? MaxReplicas(ReplicaSet replicaSet) => Number(replicaSet, MaxReplicasAnnotation);

    /// <summary>The revision that the new ReplicaSet should have at least: one more than any old one's.</summary>
    public static long Next(IEnumerable<ReplicaSet> old) => old.Select(Of).DefaultIfEmpty().Max() + 1;

    /// <summary>
    /// The new ReplicaSet with the Deployment's annotations and at least that revision. When it had another revision before (its template is
    /// declared again), that one goes into its history: revision 1 declared again after 2 has revision 3 and history "1". One that cannot be read as a number is replaced and forgotten.
    /// </summary>
    public static ReplicaSet OnNew(ReplicaSet replicaSet, Deployment deployment, long revision)
    {
        ValueMap<string> annotations = replicaSet.Metadata.Annotations;
        foreach (KeyValuePair<string, string> annotation in ToCopy(deployment))
        {
            annotations = annotations.SetItem(annotation.Key, annotation.Value);
        }

        long? current = Read(replicaSet);
        if ((current ?? 0) < revision)
        {
            annotations = current is not null ? annotations.SetItem(RevisionHistory, Extend(annotations[RevisionHistory], annotations[Revision]!)) : annotations;
            annotations = annotations.SetItem(Revision, revision.ToString(CultureInfo.InvariantCulture));
        }

        return replicaSet with { Metadata = replicaSet.Metadata with { Annotations = annotations } };
    }

    /// <summary>The Deployment with its new ReplicaSet's revision.</summary>
    public static Deployment OnDeployment(Deployment deployment, ReplicaSet newest) => deployment with
    {
        Metadata = deployment.Metadata with
        {
            Annotations = deployment.Metadata.Annotations.SetItem(Revision, newest.Metadata.Annotations[Revision] ?? "0"),
        },
    };

    /// <summary>A ReplicaSet with the record of what it was sized for.</summary>
    public static ReplicaSet SizedFor(ReplicaSet replicaSet, int desired, int max) => replicaSet with
    {
        Metadata = replicaSet.Metadata with
        {
            Annotations = replicaSet.Metadata.Annotations
                .SetItem(DesiredReplicasAnnotation, desired.ToString(CultureInfo.InvariantCulture))
                .SetItem(MaxReplicasAnnotation, max.ToString(CultureInfo.InvariantCulture)),
        },
    };

    private static long? Read(Resource resource) =>
        long.TryParse(resource.Metadata.Annotations[Revision], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long revision) ? revision : null;

    private static string Extend(string? history, string revision)
    {
        string extended = string.IsNullOrEmpty(history) ? revision : $"{history},{revision}";
        while (extended.Length > HistoryLengthMax && extended.IndexOf(',', StringComparison.Ordinal) is >= 0 and var comma)
        {
            extended = extended[(comma + 1)..];
        }

        return extended;
    }

    private static int? Number(ReplicaSet replicaSet, string annotation) =>
        int.TryParse(replicaSet.Metadata.Annotations[annotation], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;
}
