using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What Services' addresses and node ports are taken from.</summary>
public sealed record ServiceRanges(AddressRange Addresses, PortRange NodePorts)
{
    /// <summary>
    /// Loopback addresses, at which every Linux host can listen without being set up for it, and Kubernetes' node ports, which lie below those that Linux gives to
    /// outgoing connections.
    /// </summary>
    public static ServiceRanges Default { get; } = new(AddressRange.Parse("127.96.0.0/16"), new PortRange(30000, 32767));
}

/// <summary>IPv4 addresses that have a prefix in common. The first and the last are not given out: they name the network and all of it.</summary>
public readonly record struct AddressRange
{
    private const int PrefixMin = 12;
    private const int PrefixMax = 30;

    private readonly uint first;

    private AddressRange(uint first, int prefix)
    {
        this.first = first;
        Prefix = prefix;
    }

    /// <summary>Bits in common.</summary>
    public int Prefix { get; }

    /// <summary>How many addresses can be given out: 65,534 of a /16.</summary>
    public int Count => (1 << (32 - Prefix)) - 2;

    /// <exception cref="FormatException">It is no such range.</exception>
    public static AddressRange Parse(string text) => TryParse(text, out AddressRange range)
        ? range
        : throw new FormatException($"\"{text}\" is no range of IPv4 addresses such as 127.96.0.0/16, with a prefix from {PrefixMin} to {PrefixMax}");

    public static bool TryParse([NotNullWhen(true)] string? text, out AddressRange range)
    {
        range = default;
        string[] parts = (text ?? "").Split('/');
        if (parts.Length != 2 || !IPv4Address.TryParse(parts[0], out IPv4Address address) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int prefix)
            || prefix is < PrefixMin or > PrefixMax)
        {
            return false;
        }

        range = new AddressRange(address.Number & (uint.MaxValue << (32 - prefix)), prefix);
        return true;
    }

    /// <summary>The address with a number from 0 up to, and without, <see cref="Count"/>.</summary>
    public string At(int index) => new IPv4Address(first + 1 + (uint)index).ToString();

    public bool Contains(string address) =>
        IPv4Address.TryParse(address, out IPv4Address parsed) && parsed.Number > first && parsed.Number <= first + (uint)Count;

    public override string ToString() => $"{new IPv4Address(first)}/{Prefix}";
}

/// <summary>Ports from the first to the last, both included.</summary>
public readonly record struct PortRange(int First, int Last)
{
    public int Count => Last - First + 1;

    /// <exception cref="FormatException">It is no such range.</exception>
    public static PortRange Parse(string text)
    {
        string[] parts = (text ?? "").Split('-');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
            && first is >= 1 && last <= 65535 && first <= last
            ? new PortRange(first, last)
            : throw new FormatException($"\"{text}\" is no range of ports such as 30000-32767");
    }

    public bool Contains(int port) => port >= First && port <= Last;

    public override string ToString() => $"{First}-{Last}";
}
