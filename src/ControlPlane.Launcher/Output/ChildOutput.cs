using System.Text.RegularExpressions;

namespace ControlPlane.Launcher.Output;

/// <summary>
/// Where a child's lines go: all of them to its log, its warnings and errors to the terminal besides. A child in trouble repeats itself,
/// so the terminal gets a bounded number of lines, and is told where the rest is.
/// </summary>
internal sealed partial class ChildOutput(string name, RotatingLog log, Terminal terminal, TimeProvider time)
{
    private const int EchoedLinesMax = 10;
    private static readonly TimeSpan EchoPeriod = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private long periodStart = time.GetTimestamp();
    private int echoed;

    /// <param name="line">What the child wrote.</param>
    /// <param name="isTrouble">True when it is worth a person's attention whatever it looks like.</param>
    public void Write(string line, bool isTrouble)
    {
        log.Write(line);
        if (isTrouble || LooksLikeTrouble().IsMatch(line))
        {
            Echo(line);
        }
    }

    private void Echo(string line)
    {
        int number;
        lock (gate)
        {
            if (time.GetElapsedTime(periodStart) >= EchoPeriod)
            {
                periodStart = time.GetTimestamp();
                echoed = 0;
            }

            number = ++echoed;
        }

        if (number <= EchoedLinesMax)
        {
            terminal.Warn($"{name}: {line}");
        }
        else if (number == EchoedLinesMax + 1)
        {
            terminal.Warn($"{name}: more in {log.Path}");
        }
    }

    /// <summary>The console logger's levels, after a time where there is one: <c>12:00:01 warn: …</c>.</summary>
    [GeneratedRegex(@"^(\S+ )?(warn|fail|crit): ")]
    private static partial Regex LooksLikeTrouble();
}
