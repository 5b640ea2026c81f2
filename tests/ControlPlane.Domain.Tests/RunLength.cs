namespace ControlPlane.Domain.Tests;

/// <summary>
/// How far tests go that walk through many worlds: quick where the tests run over and over (<c>scripts/mutate</c>), long where nobody waits
/// (<c>./test --long</c>).
/// </summary>
internal static class RunLength
{
    /// <summary>The trait of tests by which <c>scripts/mutate</c> tells those that take long from the examples, which it tries first.</summary>
    public const string Trait = "Length";

    /// <summary>The value of <see cref="Trait"/> where a test walks through many worlds or plans for many pods: about a tenth of a second or more.</summary>
    public const string Long = "Long";

    private static readonly bool IsQuick = IsSet("CONTROLPLANE_QUICK_TESTS");

    private static readonly bool IsLong = IsSet("CONTROLPLANE_LONG_TESTS");

    public static int Of(int quick, int usual, int whenLong) => IsQuick ? quick : IsLong ? whenLong : usual;

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) == "1";
}
