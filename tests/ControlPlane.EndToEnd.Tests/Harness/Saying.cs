namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>What kubectl tells its user. How wide columns are means nothing: any number of blanks is one.</summary>
internal static class Saying
{
    /// <summary>It ends well and has said this on its standard output.</summary>
    public static Task SaysAsync(this Kubectl kubectl, string expected, params string[] arguments) => kubectl.SaysWithAsync(input: null, expected, arguments);

    /// <summary>The same with something to read.</summary>
    public static async Task SaysWithAsync(this Kubectl kubectl, string? input, string expected, params string[] arguments)
    {
        CommandResult result = await kubectl.RunWithInputAsync(input, arguments);
        Contains(expected, result.Output, result);
        Assert.True(result.ExitCode == 0, $"{result.What} ended with {result.ExitCode}\n{result.Output}{result.Errors}");
    }

    /// <summary>It does not end well and says this on its standard error.</summary>
    public static Task RefusesAsync(this Kubectl kubectl, string expected, params string[] arguments) => kubectl.RefusesWithAsync(input: null, expected, arguments);

    /// <summary>The same with something to read.</summary>
    public static async Task RefusesWithAsync(this Kubectl kubectl, string? input, string expected, params string[] arguments)
    {
        CommandResult result = await kubectl.RunWithInputAsync(input, arguments);
        Contains(expected, result.Errors, result);
        Assert.True(result.ExitCode == 1, $"{result.What} ended with {result.ExitCode}\n{result.Output}{result.Errors}");
    }

    /// <summary>Creates objects. The older kubectl takes what begins with a brace for JSON to its end, so a line comes first.</summary>
    public static async Task CreateAsync(this Kubectl kubectl, params string[] manifests) =>
        (await kubectl.RunWithInputAsync(Stream(manifests), "create", "-f", "-")).OrThrow();

    /// <summary>Manifests as one file.</summary>
    public static string Stream(params string[] manifests) => string.Concat(manifests.Select(manifest => $"---\n{manifest}\n"));

    private static void Contains(string expected, string said, CommandResult result) => Assert.True(
        string.Join(' ', said.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Contains(expected, StringComparison.Ordinal),
        $"{result.What}: expected \"{expected}\", got {result.ExitCode}\n{result.Output}{result.Errors}");
}
