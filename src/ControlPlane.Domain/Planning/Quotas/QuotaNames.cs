using System.Collections.Frozen;

namespace ControlPlane.Domain.Planning.Quotas;

/// <summary>What quotas can be about, by Kubernetes' names.</summary>
internal static class QuotaNames
{
    public const string CountPrefix = "count/";
    public const string Pods = "pods";
    public const string Services = "services";
    public const string NodePorts = "services.nodeports";
    public const string LoadBalancers = "services.loadbalancers";

    private const string RequestsPrefix = "requests.";
    private const string LimitsPrefix = "limits.";

    /// <summary>The kinds that have a name of their own beside <c>count/…</c>; of some of them there are none here.</summary>
    private static readonly FrozenSet<string> Counts = new[]
    {
        Pods, Services, NodePorts, LoadBalancers, "configmaps", "secrets", "resourcequotas", "replicationcontrollers", "persistentvolumeclaims",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Amounts =
        new[] { "cpu", "memory", "ephemeral-storage", "requests.storage" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What a pod's containers must say when a quota is about it (Kubernetes: pod evaluator, validationSet).</summary>
    public static FrozenSet<string> Compute { get; } =
        new[] { "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory" }.ToFrozenSet(StringComparer.Ordinal);

    public static bool IsCount(string name) => Counts.Contains(name) || name.StartsWith(CountPrefix, StringComparison.Ordinal);

    /// <summary>Whether a name without a domain means something to a quota.</summary>
    public static bool IsStandard(string name) =>
        Counts.Contains(name) || Amounts.Contains(name) || name.StartsWith("requests.hugepages-", StringComparison.Ordinal) || name.StartsWith("hugepages-", StringComparison.Ordinal)
        || ((name.StartsWith(RequestsPrefix, StringComparison.Ordinal) || name.StartsWith(LimitsPrefix, StringComparison.Ordinal))
            && name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..] is "cpu" or "memory" or "ephemeral-storage");
}
