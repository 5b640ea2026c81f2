using System.Globalization;

namespace ControlPlane.Domain.Resources.Values;

/// <summary>
/// An amount of a resource, such as <c>500m</c> (of a CPU) or <c>128Mi</c> (of memory), compared by amount and written in its
/// <see cref="CanonicalQuantity">one form</see>, whatever form it was read in.
/// Grammar and suffixes: Kubernetes API, <c>resource.Quantity</c>. The smallest unit kept apart is a milli-unit; smaller ones round up, away from zero.
/// </summary>
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1048576m), ("Gi", 1073741824m), ("Ti", 1099511627776m), ("Pi", 1125899906842624m), ("Ei", 1152921504606846976m),
        ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m),
    ];

    private readonly string? text;

    private Quantity(string text, long milli)
    {
        this.text = text;
        Milli = milli;
    }

    /// <summary>The amount in thousandths of a unit, rounded up: <c>1</c> CPU is 1000.</summary>
    public long Milli { get; }

    /// <summary>The amount in whole units, rounded up: bytes for memory.</summary>
    public long Value => (Milli / 1000) + (Milli % 1000 > 0 ? 1 : 0);

    public static Quantity FromValue(long value) => FromMilli(checked(value * 1000));

    public static Quantity FromMilli(long milli) => new(CanonicalQuantity.Write(milli, QuantityNotation.DecimalSuffix), milli);

    /// <summary>Of memory, which is written with binary suffixes: 134217728 is <c>128Mi</c>.</summary>
    public static Quantity FromBytes(long bytes)
    {
        long milli = checked(bytes * 1000);
        return new(CanonicalQuantity.Write(milli, QuantityNotation.BinarySuffix), milli);
    }

    /// <summary>Reads a quantity.</summary>
    /// <exception cref="FormatException">The text is no quantity.</exception>
    public static Quantity Parse(string text) => TryParse(text, out Quantity quantity)
        ? quantity
        : throw new FormatException("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");

    /// <summary>Reads a quantity; as an amount, one beyond ±9.2e15 units is cut to that.</summary>
    public static bool TryParse(string? text, out Quantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        ReadOnlySpan<char> number = text;
        decimal factor = 1;
        foreach ((string suffix, decimal suffixFactor) in Suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                number = number[..^suffix.Length];
                factor = suffixFactor;
                break;
            }
        }

        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        NumberStyles styles = factor == 1 ? Plain | NumberStyles.AllowExponent : Plain;
        if (!decimal.TryParse(number, styles, CultureInfo.InvariantCulture, out decimal amount))
        {
            return false;
        }

        // What is written may be as much as 2^63 - 1 units (Kubernetes cuts amounts with binary suffixes to that); what is counted with, a thousandth of that.
        const decimal WrittenMax = long.MaxValue;
        const decimal CountedMax = 9_200_000_000_000_000_000m;
        decimal limit = WrittenMax / factor;
        decimal units = amount >= limit ? WrittenMax : amount <= -limit ? -WrittenMax : amount * factor;
        decimal milli = units < 0 ? Math.Floor(units * 1000) : Math.Ceiling(units * 1000);
        quantity = new Quantity(CanonicalQuantity.Write(milli, NotationOf(text, factor)), (long)Math.Clamp(milli, -CountedMax, CountedMax));
        return true;
    }

    private static QuantityNotation NotationOf(string text, decimal factor) =>
        text.EndsWith('i') ? QuantityNotation.BinarySuffix
        : factor == 1 && text.AsSpan().ContainsAny('e', 'E') ? QuantityNotation.Exponent
        : QuantityNotation.DecimalSuffix;

    public int CompareTo(Quantity other) => Milli.CompareTo(other.Milli);

    public bool Equals(Quantity other) => Milli == other.Milli;

    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    public override int GetHashCode() => Milli.GetHashCode();

    public override string ToString() => text ?? "0";

    public static bool operator ==(Quantity left, Quantity right) => left.Equals(right);

    public static bool operator !=(Quantity left, Quantity right) => !left.Equals(right);

    public static bool operator <(Quantity left, Quantity right) => left.CompareTo(right) < 0;

    public static bool operator >(Quantity left, Quantity right) => left.CompareTo(right) > 0;

    public static bool operator <=(Quantity left, Quantity right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Quantity left, Quantity right) => left.CompareTo(right) >= 0;
}
