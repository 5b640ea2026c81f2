using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning;

/// <summary>Which taints a pod tolerates, and for how long.</summary>
internal static class Tolerations
{
    /// <summary>The key of the taint that a cordon stands for.</summary>
    public const string UnschedulableKey = "node.kubernetes.io/unschedulable";

    /// <summary>The taint that a lost node stands for.</summary>
    public static Taint Unreachable { get; } = new() { Key = "node.kubernetes.io/unreachable", Effect = "NoExecute" };

    /// <summary>The first toleration that matches a taint; null when none does.</summary>
    public static Toleration? Find(ValueList<Toleration> tolerations, Taint taint)
    {
        foreach (Toleration toleration in tolerations.AsSpan())
        {
            if (Tolerates(toleration, taint))
            {
                return toleration;
            }
        }

        return null;
    }

    /// <summary>
    /// How long a pod stays on a node with a taint of effect NoExecute: not at all without a toleration, for its seconds (none below zero), and null
    /// for ever.
    /// </summary>
    public static TimeSpan? Patience(Pod pod, Taint taint) => Find(pod.Spec.Tolerations, taint) switch
    {
        null => TimeSpan.Zero,
        { TolerationSeconds: null } => null,
        { TolerationSeconds: { } seconds } => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, int.MaxValue)),
    };

    /// <summary>Kubernetes API, Toleration: an empty key with <c>Exists</c> tolerates everything, an empty effect every effect.</summary>
    private static bool Tolerates(Toleration toleration, Taint taint)
    {
        bool sameEffect = string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == taint.Effect;
        bool sameKey = string.IsNullOrEmpty(toleration.Key) ? toleration.Operator == "Exists" : toleration.Key == taint.Key;
        bool sameValue = toleration.Operator == "Exists" || (toleration.Value ?? "") == (taint.Value ?? "");
        return sameEffect && sameKey && sameValue;
    }
}
