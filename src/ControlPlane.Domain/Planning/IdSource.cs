using System.Buffers.Binary;

namespace ControlPlane.Domain.Planning;

/// <summary>
/// Names and uids for a plan, drawn from a seed that comes with the snapshot, so that a plan is a function of its input.
/// Not shared between plans. Algorithm: SplitMix64.
/// </summary>
public sealed class IdSource(ulong seed)
{
    /// <summary>No vowels and no 0, 1, 3: no words by chance, nothing that reads like another (as Kubernetes' generated names).</summary>
    public const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    private ulong state = seed;

    /// <summary>A generated name's suffix, such as <c>x7k2p</c>.</summary>
    public string NameSuffix(int length = 5) => string.Create(length, this, static (span, ids) =>
    {
        foreach (ref char character in span)
        {
            character = NameAlphabet[(int)(ids.Next() % (ulong)NameAlphabet.Length)];
        }
    });

    /// <summary>A version 4 uid.</summary>
    public string Uid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Next());
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Next());
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>A number from 0 up to, and without, <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    private ulong Next()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
