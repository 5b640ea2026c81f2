using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Checking;

/// <summary>What happened, line by line, and the first thing that must not have happened.</summary>
internal sealed class Trace(Scheduler scheduler)
{
    private readonly List<string> lines = [];
    private readonly DateTimeOffset start = scheduler.Now;

    public IReadOnlyList<string> Lines => lines;

    /// <summary>The broken rule; null while all is well.</summary>
    public string? Violation { get; private set; }

    /// <summary>Two runs that took the same course have the same digest.</summary>
    public string Digest => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

    public void Say(string line) =>
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"{(scheduler.Now - start).TotalSeconds,9:0.000} #{scheduler.Steps,-6} {line}"));

    /// <summary>Notes a broken rule. The run ends at the first.</summary>
    public void Break(string rule)
    {
        Say($"VIOLATION {rule}");
        Violation ??= rule;
    }
}
