using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>A range of IPv4 addresses: those whose first <paramref name="PrefixBits"/> bits are those of <paramref name="First"/>.</summary>
internal readonly record struct AddressRange(IPv4Address First, int PrefixBits)
{
    private uint Last => First.Number + (PrefixBits == 0 ? uint.MaxValue : (uint)((1UL << (32 - PrefixBits)) - 1));

    public bool Overlaps(AddressRange other) => First.Number <= other.Last && other.First.Number <= Last;

    /// <summary>False for what is no IPv4 CIDR. 10.1.2.3/16 is 10.1.0.0/16.</summary>
    public static bool TryParse(string? text, out AddressRange range)
    {
        range = default;
        if ((text ?? "").Split('/') is not [var address, var bits]
            || !IPv4Address.TryParse(address, out IPv4Address first)
            || !int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out int prefix)
            || prefix > 32)
        {
            return false;
        }

        range = Of(first, prefix);
        return true;
    }

    public static AddressRange Of(IPv4Address address, int prefixBits) =>
        new(new IPv4Address(prefixBits == 0 ? 0 : address.Number & (uint.MaxValue << (32 - prefixBits))), prefixBits);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}/{PrefixBits}");
}

/// <summary>
/// Where a node's containers live: a /15, whose first half is theirs and whose second half is that of Services. Worked through: in 10.64.0.0/15 the bridge is
/// 10.64.0.1, containers have 10.64.x.y, and the Service at 127.96.3.9 is 10.65.3.9.
/// </summary>
internal readonly record struct NetworkBlock(IPv4Address First)
{
    public const int PrefixBits = 15;
    private const int HalfBits = 16;

    public AddressRange Subnet => new(First, PrefixBits);

    public AddressRange Containers => new(First, HalfBits);

    public IPv4Address Bridge => new(First.Number + 1);

    public IPv4Address Services => new(First.Number + (1u << (32 - HalfBits)));

    /// <summary>A number that is the same for a node's name everywhere, and nearly always another for another.</summary>
    public static uint HashOf(string nodeName) => BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(nodeName)));

    /// <summary>
    /// Those of the 32 blocks in 10.64.0.0/10 that touch nothing that is <paramref name="taken"/>, in an order that is the node's own: so a network that is made again gets the block that
    /// it had, and the nodes of one machine seldom want the same.
    /// </summary>
    public static IEnumerable<NetworkBlock> Free(string nodeName, IReadOnlyCollection<AddressRange> taken)
    {
        const uint blocks = 32;
        const uint first = (10u << 24) | (64u << 16);
        uint start = HashOf(nodeName) % blocks;
        for (uint i = 0; i < blocks; i++)
        {
            NetworkBlock block = new(new IPv4Address(first + (((start + i) % blocks) << (32 - PrefixBits))));
            if (!taken.Any(range => range.Overlaps(block.Subnet)))
            {
                yield return block;
            }
        }
    }
}
