using System.Globalization;

namespace ControlPlane.Domain.Resources.Values;

/// <summary>How a quantity's size is written: <c>2k</c>, <c>2Ki</c> or <c>2e3</c>.</summary>
internal enum QuantityNotation
{
    DecimalSuffix,
    BinarySuffix,
    Exponent,
}

/// <summary>
/// The one form of an amount: a whole number of the largest unit that leaves no fraction, in the notation that it was read in. So <c>0.5</c> is <c>500m</c>, <c>1024Mi</c> is
/// <c>1Gi</c>, and <c>1000</c> is <c>1k</c>. What binary units cannot say, or say without need (less than 1024), is written in decimal ones: <c>0.9Gi</c> is <c>966367641600m</c>.
/// Kubernetes API, <c>resource.Quantity</c>, canonical form.
/// </summary>
internal static class CanonicalQuantity
{
    private static readonly string[] DecimalSuffixes = ["m", "", "k", "M", "G", "T", "P", "E"];
    private static readonly string[] BinarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    /// <param name="milli">The amount, a whole number of thousandths of a unit.</param>
    public static string Write(decimal milli, QuantityNotation notation)
    {
        if (milli == 0)
        {
            return "0";
        }

        bool isBinary = notation == QuantityNotation.BinarySuffix && milli % 1000 == 0 && Math.Abs(milli) >= 1024 * 1000;
        (decimal number, int steps) = isBinary
            ? InLargestUnit(milli / 1000, 1024, BinarySuffixes.Length - 1)
            : InLargestUnit(milli, 1000, DecimalSuffixes.Length - 1);
        string suffix = isBinary ? BinarySuffixes[steps] : notation == QuantityNotation.Exponent ? Exponent(steps) : DecimalSuffixes[steps];
        return number.ToString("0", CultureInfo.InvariantCulture) + suffix;
    }

    private static (decimal Number, int Steps) InLargestUnit(decimal number, int step, int stepsMax)
    {
        int steps = 0;
        while (steps < stepsMax && number % step == 0)
        {
            number /= step;
            steps++;
        }

        return (number, steps);
    }

    /// <param name="steps">How many thousandfold units there are above a thousandth.</param>
    private static string Exponent(int steps) => steps == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"e{(3 * steps) - 3}");
}
