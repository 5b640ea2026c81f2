namespace ControlPlane.Domain.Tests;

/// <summary>Whether <c>./test --long</c> runs: tests that walk through many worlds then walk through all of them, or many more.</summary>
internal static class LongRun
{
    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable("CONTROLPLANE_LONG_TESTS") == "1";

    public static int Of(int usual, int whenLong) => IsAsked ? whenLong : usual;
}
