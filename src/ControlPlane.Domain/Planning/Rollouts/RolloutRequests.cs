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

    /// <summary>
    /// A canary's or blue-green's present step is over: <c>controlplane.dev/promote: "3/2@2026-01-01T12:00:00.5Z"</c>, or with <c>full</c> in the step's place all that are left.
    /// </summary>
    public const string Promote = "controlplane.dev/promote";

    private const string Full = "full";

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
            ? Time(parts[1])
            : null;
    }

    /// <summary>A promotion as it is written down.</summary>
    /// <param name="step">Null: all steps that are left.</param>
    public static string FormatPromotion(long revision, int? step, DateTimeOffset at)
    {
        string[] parts = Format(revision, at).Split('@');
        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}/{(step is { } number ? number.ToString(CultureInfo.InvariantCulture) : Full)}@{parts[1]}");
    }

    /// <summary>Whether a person has ended a revision's step, since it began and since the revision was last tried.</summary>
    public static bool IsPromoted(Deployment deployment, long revision, int step, DateTimeOffset? since) =>
        Promotion(deployment, revision, step.ToString(CultureInfo.InvariantCulture)) is { } at && !(at < since) && !(at <= At(deployment, Retry, revision));

    /// <summary>Whether a person has ended all of a revision's steps, since it was last tried.</summary>
    public static bool IsPromotedInFull(Deployment deployment, long revision) =>
        Promotion(deployment, revision, Full) is { } at && !(at <= At(deployment, Retry, revision));

    private static DateTimeOffset? Promotion(Deployment deployment, long revision, string step)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        string text = deployment.Metadata.Annotations[Promote] ?? "";
        string start = string.Create(CultureInfo.InvariantCulture, $"{revision}/{step}@");
        return text.StartsWith(start, StringComparison.Ordinal) ? Time(text[start.Length..]) : null;
    }

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset at) ? at : null;
}
