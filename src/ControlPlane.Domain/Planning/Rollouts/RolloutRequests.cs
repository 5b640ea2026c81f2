using System.Globalization;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// What users ask of a rollout beside its spec, as annotations of the Deployment. Each request names the revision that it is about and when it was
/// made, <c>REVISION@TIME</c> (RFC 3339), so that it means nothing to the next release, and nothing to a failure after it. They are
/// never copied to ReplicaSets.
/// </summary>
public static class RolloutRequests
{
    /// <summary>A revision that failed until then is tried again: <c>controlplane.dev/retry: "3@2026-01-01T12:00:00.5Z"</c>.</summary>
    public const string Retry = "controlplane.dev/retry";

    /// <summary>A revision on trial is given up: <c>controlplane.dev/abort: "3@2026-01-01T12:00:00.5Z"</c>.</summary>
    public const string Abort = "controlplane.dev/abort";

    /// <summary><c>"false"</c>: a failed revision stays as it is, and only the condition says so, as in Kubernetes.</summary>
    public const string RollbackOnFailure = "controlplane.dev/rollback-on-failure";

    /// <summary>A request as it is written down.</summary>
    public static string Format(long revision, DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"{revision}@{at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'}");

    /// <summary>When a request about a revision was made; null when there is none, it is about another revision, or it cannot be read.</summary>
    public static DateTimeOffset? At(Deployment deployment, string request, long revision)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        string[] parts = (deployment.Metadata.Annotations[request] ?? "").Split('@');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long asked)
            && asked == revision
            && DateTimeOffset.TryParse(parts[1], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset at)
            ? at
            : null;
    }

    /// <summary>True unless the Deployment says otherwise.</summary>
    public static bool RollsBackOnFailure(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return deployment.Metadata.Annotations[RollbackOnFailure] != "false";
    }
}
