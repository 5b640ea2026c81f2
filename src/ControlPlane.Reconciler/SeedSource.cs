using System.Security.Cryptography;

namespace ControlPlane.Reconciler;

/// <summary>Seeds for plans' ids and for jitter: unpredictable ones, or the same ones again for the same start.</summary>
internal sealed class SeedSource(ulong? start)
{
    private readonly Random? repeatable = start is { } seed ? new Random(unchecked((int)(seed ^ (seed >> 32)))) : null;

    public ulong Next()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        if (repeatable is null)
        {
            RandomNumberGenerator.Fill(bytes);
        }
        else
        {
            repeatable.NextBytes(bytes);
        }

        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>Randomness for spreading retries.</summary>
    public Random NextRandom() => new(unchecked((int)Next()));
}
