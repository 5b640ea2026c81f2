using System.Globalization;

namespace ControlPlane.Domain.Resources.Values;

/// <summary>An IPv4 address in its one written form: four numbers from 0 to 255, without leading zeros.</summary>
/// <param name="Number">The four bytes, the first in the highest place.</param>
public readonly record struct IPv4Address(uint Number)
{
    private const int Parts = 4;

    public static bool TryParse(string? text, out IPv4Address address)
    {
        address = default;
        string[] parts = (text ?? "").Split('.');
        uint number = 0;
        foreach (string part in parts)
        {
            bool isPlain = part is "0" || (part.Length is > 0 and <= 3 && part[0] != '0');
            if (!isPlain || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out byte value))
            {
                return false;
            }

            number = (number << 8) | value;
        }

        address = new IPv4Address(number);
        return parts.Length == Parts;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number >> 24}.{(Number >> 16) & 255}.{(Number >> 8) & 255}.{Number & 255}");
}
