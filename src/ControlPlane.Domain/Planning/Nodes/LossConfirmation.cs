using System.Globalization;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Nodes;

/// <summary>
/// A person's word that a node which has fallen silent is lost indeed, so that its pods are replaced though evictions are stopped. Kept in the
/// Node's annotation as the time at which that very loss was declared (the transition time of <c>Ready=Unknown</c>), so it ends with it: when the
/// node comes back and falls silent again, that is another loss.
/// </summary>
public static class LossConfirmation
{
    public const string Annotation = "controlplane.dev/confirmed-lost";

    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Since when a node is lost; null when it is not.</summary>
    public static DateTimeOffset? LostSince(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Conditions.Find(node.Status?.Conditions ?? default, Conditions.Ready) is { Status: "Unknown" } ready ? ready.LastTransitionTime : null;
    }

    /// <summary>Whether a person has confirmed the loss that the node is in.</summary>
    public static bool IsOn(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return LostSince(node) is { } since && node.Metadata.Annotations[Annotation] == ValueOf(since);
    }

    /// <summary>What the annotation says of a loss.</summary>
    public static string ValueOf(DateTimeOffset lostSince) => lostSince.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Whether a text is what the annotation may say.</summary>
    public static bool IsValue(string text) =>
        DateTimeOffset.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);
}
