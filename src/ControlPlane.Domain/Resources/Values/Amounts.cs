namespace ControlPlane.Domain.Resources.Values;

/// <summary>Sums of amounts that clients choose, each up to <see cref="long.MaxValue"/> or nearly so.</summary>
internal static class Amounts
{
    /// <summary>The sum, or <see cref="long.MaxValue"/> where it is more: too much stays too much, and never becomes little.</summary>
    public static long Plus(long one, long other) => (long)Int128.Min((Int128)one + other, long.MaxValue);
}
