using System.Text.Json;

namespace ControlPlane.Testing;

/// <summary>
/// How tests start the sample application as a process. They do so hundreds of times, and most of what that takes is compiling it anew: <c>./test</c> compiles it to native code once,
/// and names the file in <c>CONTROLPLANE_TEST_HELLO</c>. Without that variable it is what users have, <c>dotnet Hello.dll</c>.
/// </summary>
public static class SampleApplication
{
    private const string NativeVariable = "CONTROLPLANE_TEST_HELLO";

    /// <summary>The entry <c>hello</c> of a catalogue, as the agent and <c>./run</c> take it.</summary>
    /// <param name="library">Where <c>Hello.dll</c> was built.</param>
    /// <exception cref="FileNotFoundException">The native program that the environment names is not there.</exception>
    public static string CatalogueEntry(string library) => $"hello={JsonSerializer.Serialize(Command(library))}";

    private static string[] Command(string library)
    {
        if (Environment.GetEnvironmentVariable(NativeVariable) is not { Length: > 0 } native)
        {
            return ["dotnet", library];
        }

        return File.Exists(native) ? [native] : throw new FileNotFoundException($"{NativeVariable} names a file that is missing", native);
    }
}
