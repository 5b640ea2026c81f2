using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Checking;

/// <summary>A second, independent reading of the rules' words, so that the product is not held against itself.</summary>
internal static class Workloads
{
    public const string RevisionAnnotation = "deployment.kubernetes.io/revision";
    public const string HashLabel = "pod-template-hash";

    public static int Replicas(this Deployment deployment) => deployment.Spec.Replicas ?? 1;

    /// <summary>Pods that may exist beyond the replicas: 25% of 5 are 2.</summary>
    public static int MaxSurge(this Deployment deployment) =>
        Resolve(deployment.Spec.Strategy?.RollingUpdate?.MaxSurge, deployment.Replicas(), static share => (int)Math.Ceiling(share));

    /// <summary>Pods that may be missing from the replicas: 25% of 5 are 1; one, when otherwise nothing could move.</summary>
    public static int MaxUnavailable(this Deployment deployment)
    {
        int missing = Resolve(deployment.Spec.Strategy?.RollingUpdate?.MaxUnavailable, deployment.Replicas(), static share => (int)Math.Floor(share));
        return missing == 0 && deployment.MaxSurge() == 0 ? 1 : missing;
    }

    public static bool IsActive(this Pod pod) => !pod.Metadata.IsDeleting && pod.Status?.Phase is not ("Succeeded" or "Failed");

    public static bool IsReady(this Pod pod) => Conditions.Find(pod.Status?.Conditions ?? default, Conditions.Ready)?.Status == "True";

    public static long Revision(this Resource item) =>
        long.TryParse(item.Metadata.Annotations[RevisionAnnotation], out long revision) ? revision : 0;

    /// <summary>The ReplicaSet of the version that a Deployment declares; null when there is none yet.</summary>
    public static ReplicaSet? CurrentOf(this Deployment deployment, IEnumerable<ReplicaSet> own)
    {
        PodTemplateSpec declared = deployment.Spec.Template.WithoutHash();
        return own.Where(item => item.Spec.Template.WithoutHash() == declared).MinBy(item => (item.Metadata.CreationTimestamp, item.Name));
    }

    /// <summary>Whether a revision's record has an outcome: <c>Complete</c> or <c>Failed</c>.</summary>
    public static bool IsMarked(this ReplicaSet replicaSet, string outcome) => replicaSet.Marked(outcome) is not null;

    /// <summary>What a revision's record says of an outcome; null when it is another, or none yet.</summary>
    public static Condition? Marked(this ReplicaSet replicaSet, string outcome) =>
        Conditions.Find(replicaSet.Status?.Conditions ?? default, outcome) is { Status: "True" } mark ? mark : null;

    /// <summary>The Deployment's replicas for which a ReplicaSet was last sized.</summary>
    public static int? SizedFor(this ReplicaSet replicaSet) =>
        int.TryParse(replicaSet.Metadata.Annotations["deployment.kubernetes.io/desired-replicas"], out int replicas) ? replicas : null;

    public static PodTemplateSpec WithoutHash(this PodTemplateSpec template) =>
        template with { Metadata = template.Metadata with { Labels = template.Metadata.Labels.Remove(HashLabel) } };

    public static IEnumerable<ReplicaSet> ReplicaSetsOf(this DatabaseState state, Deployment deployment) =>
        state.All<ReplicaSet>().Where(replicaSet => replicaSet.Metadata.Controller?.Uid == deployment.Uid);

    public static IEnumerable<Pod> PodsOf(this DatabaseState state, Deployment deployment)
    {
        HashSet<string> owners = [.. state.ReplicaSetsOf(deployment).Select(replicaSet => replicaSet.Uid)];
        return state.All<Pod>().Where(pod => pod.Metadata.Controller is { } controller && owners.Contains(controller.Uid));
    }

    private static int Resolve(IntOrString? value, int replicas, Func<double, int> round) =>
        value is null ? round(replicas * 0.25)
        : value.Value.IsNumber ? value.Value.Number
        : round(replicas * (value.Value.Percent ?? 0) / 100.0);
}
