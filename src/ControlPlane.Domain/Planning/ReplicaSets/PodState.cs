using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.ReplicaSets;

/// <summary>What a pod counts as (Kubernetes: pod lifecycle, and the ReplicaSet's status fields).</summary>
internal static class PodState
{
    /// <summary>All its containers have ended for good.</summary>
    public static bool HasEnded(this Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>Counts towards the replicas: neither ended nor on its way out.</summary>
    public static bool IsActive(this Pod pod) => !pod.Metadata.IsDeleting && !pod.HasEnded();

    /// <summary>On its way out and still taking its node's resources.</summary>
    public static bool IsTerminating(this Pod pod) => pod.Metadata.IsDeleting && !pod.HasEnded();

    public static bool IsBound(this Pod pod) => !string.IsNullOrEmpty(pod.Spec.NodeName);

    public static bool IsReady(this Pod pod) => ReadyCondition(pod) is not null;

    /// <summary>Since when the pod has been ready; null when it is not, or when that was not reported.</summary>
    public static DateTimeOffset? ReadySince(this Pod pod) => ReadyCondition(pod)?.LastTransitionTime;

    /// <summary>
    /// Ready for at least <paramref name="minReadySeconds"/>. With 10 seconds, a pod ready since 12:00:00 is available from 12:00:10 on.
    /// </summary>
    public static bool IsAvailable(this Pod pod, int minReadySeconds, DateTimeOffset now) =>
        pod.IsReady() && (minReadySeconds <= 0 || AvailableFrom(pod, minReadySeconds) <= now);

    /// <summary>When a ready pod becomes available; null when it is not ready, or nobody knows since when.</summary>
    public static DateTimeOffset? AvailableFrom(this Pod pod, int minReadySeconds) => pod.ReadySince()?.AddSeconds(Math.Max(0, minReadySeconds));

    private static Condition? ReadyCondition(Pod pod)
    {
        if (pod.Status is { } status)
        {
            foreach (Condition condition in status.Conditions.AsSpan())
            {
                if (condition.Type == "Ready")
                {
                    return condition.Status == "True" ? condition : null;
                }
            }
        }

        return null;
    }
}
