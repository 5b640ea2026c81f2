namespace ControlPlane.Api.Wire.Tables;

/// <summary>Spans of time as kubectl writes them: two units at most, and the finer one only while it matters (apimachinery, util/duration).</summary>
public static class Ages
{
    private const long Minute = 60;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;
    private const long Year = 365 * Day;

    /// <summary>The span up to now; <c>&lt;unknown&gt;</c> when there is no start.</summary>
    public static string Since(DateTimeOffset? start, DateTimeOffset now) => start is { } from ? Human(now - from) : "<unknown>";

    /// <summary>
    /// <c>119s</c>, <c>3m20s</c>, <c>179m</c>, <c>7h30m</c>, <c>47h</c>, <c>7d23h</c>, <c>729d</c>, <c>2y3d</c>, <c>8y</c>;
    /// <c>&lt;invalid&gt;</c> for more than a second in the future.
    /// </summary>
    public static string Human(TimeSpan span)
    {
        long seconds = (long)span.TotalSeconds;
        return seconds switch
        {
            < -1 => "<invalid>",
            < 0 => "0s",
            < 2 * Minute => $"{seconds}s",
            < 10 * Minute => TwoUnits(seconds, Minute, "m", 1, "s"),
            < 3 * Hour => $"{seconds / Minute}m",
            < 8 * Hour => TwoUnits(seconds, Hour, "h", Minute, "m"),
            < 2 * Day => $"{seconds / Hour}h",
            < 8 * Day => TwoUnits(seconds, Day, "d", Hour, "h"),
            < 2 * Year => $"{seconds / Day}d",
            < 8 * Year => TwoUnits(seconds, Year, "y", Day, "d"),
            _ => $"{seconds / Year}y",
        };
    }

    private static string TwoUnits(long seconds, long coarse, string coarseName, long fine, string fineName)
    {
        long rest = seconds % coarse / fine;
        return rest == 0 ? $"{seconds / coarse}{coarseName}" : $"{seconds / coarse}{coarseName}{rest}{fineName}";
    }
}
