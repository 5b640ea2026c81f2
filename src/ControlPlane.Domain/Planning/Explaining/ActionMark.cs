using System.Globalization;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>
/// The last action that was sent with an idempotency key, as an annotation of the Deployment: <c>DIGEST TIME REVISION MESSAGE</c>. It is stored with what the action changes, whole or not at all, so an
/// action whose result was never kept, because the replica died after the commit, is known when it is sent again. Of actions before the last one nothing is known.
/// </summary>
public static class ActionMark
{
    public const string Annotation = "controlplane.dev/last-action";

    /// <summary>How long a key means the same request.</summary>
    public static TimeSpan Retention { get; } = TimeSpan.FromHours(24);

    private const string NoRevision = "-";

    /// <summary>What the action came to, if it was the Deployment's last and has been done; null otherwise.</summary>
    /// <param name="deployment">As it is stored.</param>
    /// <param name="digest">Tells caller, key and request from any others; without blanks.</param>
    /// <param name="now">When it is sent again.</param>
    public static ActionOutcome.Done? Find(Deployment deployment, string digest, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        string[] parts = (deployment.Metadata.Annotations[Annotation] ?? "").Split(' ', 4);
        bool isIt = parts.Length == 4
            && parts[0] == digest
            && DateTimeOffset.TryParse(parts[1], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTimeOffset at)
            && now - at < Retention;
        long? revision = isIt && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        return isIt ? new ActionOutcome.Done(deployment, parts[3], revision) : null;
    }

    /// <summary>The outcome with the mark on its Deployment.</summary>
    public static ActionOutcome.Done On(ActionOutcome.Done done, string digest, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(done);
        string revision = done.Revision?.ToString(CultureInfo.InvariantCulture) ?? NoRevision;
        string mark = string.Create(CultureInfo.InvariantCulture, $"{digest} {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} {revision} {done.Message}");
        ObjectMeta metadata = done.Deployment.Metadata;
        return done with { Deployment = done.Deployment with { Metadata = metadata with { Annotations = metadata.Annotations.SetItem(Annotation, mark) } } };
    }
}
