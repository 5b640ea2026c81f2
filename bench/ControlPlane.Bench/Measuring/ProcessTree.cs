using System.Globalization;

namespace ControlPlane.Bench.Measuring;

/// <summary>A process and those it has started, as <c>/proc</c> shows them.</summary>
internal sealed class ProcessTree(int root)
{
    /// <summary>The kernel's unit of processor time, <c>sysconf(_SC_CLK_TCK)</c>: 100 a second on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Processor time so far, user and system: of the process, of its living children, and of those that it has outlived.</summary>
    public double CpuSeconds()
    {
        double ticks = 0;
        foreach (Stat stat in Members())
        {
            ticks += stat.Own + (stat.Id == root ? stat.OfEndedChildren : 0);
        }

        return ticks / TicksPerSecond;
    }

    /// <summary>Proportional set size now, in megabytes (10^6): pages that several processes share count once.</summary>
    public double MemoryMegabytes()
    {
        long kibibytes = 0;
        foreach (Stat stat in Members())
        {
            kibibytes += ProportionalKibibytes(stat.Id);
        }

        return kibibytes * 1024 / 1e6;
    }

    private IEnumerable<Stat> Members() =>
        Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? Stat.Read(id) : null)
            .OfType<Stat>()
            .Where(stat => stat.Id == root || stat.Parent == root);

    private static long ProportionalKibibytes(int id)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{id}/smaps_rollup"))
            {
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan(4, line.Length - 4 - 2).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It ended between the listing and the reading, and uses nothing any more.
        }

        return 0;
    }

    /// <summary>Fields of <c>/proc/ID/stat</c>; see proc_pid_stat(5).</summary>
    private sealed record Stat(int Id, int Parent, double Own, double OfEndedChildren)
    {
        public static Stat? Read(int id)
        {
            string text;
            try
            {
                text = File.ReadAllText($"/proc/{id}/stat");
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return null;
            }

            // The name, in parentheses, may hold anything; what follows the last parenthesis is numbers, from the third field on.
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double Field(int number) => double.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            return new Stat(id, (int)Field(4), Field(14) + Field(15), Field(16) + Field(17));
        }
    }
}
