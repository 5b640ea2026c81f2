namespace ControlPlane.Api.Requests;

internal static class Clock
{
    /// <summary>Now, as times are stored.</summary>
    public static DateTimeOffset WholeSecondsNow(this TimeProvider time) => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
}
