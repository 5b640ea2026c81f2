namespace ControlPlane.Simulation.Scheduling;

/// <summary>The seeded randomness that decides everything; the same on every machine and in every version of .NET. Algorithm: SplitMix64.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong state = seed;

    /// <summary>An independent source, so that more draws for one purpose do not move those for another.</summary>
    public Dice Fork() => new(NextUInt64());

    public ulong NextUInt64()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 up to, not including, a bound.</summary>
    public int Below(int bound) => (int)(NextUInt64() % (ulong)bound);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>At least 0, below 1.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => NextDouble() < probability;

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + TimeSpan.FromTicks((long)(NextDouble() * (most - least).Ticks));

    /// <summary>A span of a number of milliseconds, both ends included.</summary>
    public TimeSpan Milliseconds(int least, int most) => TimeSpan.FromMilliseconds(Between(least, most));

    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, NextUInt64());
        BitConverter.TryWriteBytes(bytes[8..], NextUInt64());
        return new Guid(bytes);
    }
}
