using System.Diagnostics.CodeAnalysis;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Agents;

/// <summary>
/// A person's word that a store has taken over from others on a node, so that containers which those ordered may be stopped there. Kept
/// in the Node's annotation as <c>STORE:REPLACED,REPLACED</c>. It names both sides, so it says nothing for any other store, be it one that
/// comes later or one that comes back.
/// </summary>
/// <param name="Store">The identity of the store that is in use.</param>
/// <param name="Replaced">Whose containers may be stopped: at least one, in ordinal order.</param>
public sealed record StoreConfirmation(string Store, ValueList<string> Replaced)
{
    public const string Annotation = "controlplane.dev/confirmed-store";

    /// <summary>The condition of a node on which containers run that another store ordered.</summary>
    public const string Condition = "OtherStoreContainers";

    /// <summary>The most stores that one confirmation names.</summary>
    public const int ReplacedMax = 32;

    private const int IdentityLengthMax = 64;

    /// <summary>Reads the annotation's value.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out StoreConfirmation? confirmation)
    {
        string[] sides = text.Split(':');
        string[] replaced = sides.Length == 2 ? sides[1].Split(',') : [];
        bool isRight = replaced.Length is > 0 and <= ReplacedMax && IsIdentity(sides[0]) && replaced.All(IsIdentity) && !replaced.Contains(sides[0]);
        confirmation = isRight ? Of(sides[0], replaced) : null;
        return isRight;
    }

    public static StoreConfirmation Of(string store, IEnumerable<string> replaced) =>
        new(store, [.. replaced.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    /// <summary>The stores that a store has replaced on a node, as its annotation says; none where it is about another store.</summary>
    public static ValueList<string> ReplacedOn(Node? node, string store) =>
        node?.Metadata.Annotations[Annotation] is { } text && TryParse(text, out StoreConfirmation? confirmation) && confirmation.Store == store
            ? confirmation.Replaced
            : default;

    /// <summary>Whether a text can be a store's identity: letters, digits, dashes, and what tells a lost branch of its history (<c>@</c>).</summary>
    public static bool IsIdentity(string text) =>
        text.Length is > 0 and <= IdentityLengthMax && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '@');

    public override string ToString() => $"{Store}:{string.Join(',', Replaced)}";
}
