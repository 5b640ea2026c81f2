namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>The clone that the tests were built in, and where things lie in it.</summary>
internal static class Clone
{
    public static string Root { get; } = FindRoot();

    public static string Launcher => Program("src", "ControlPlane.Launcher");

    public static string Api => Program("src", "ControlPlane.Api");

    public static string Agent => Program("src", "ControlPlane.Agent");

    public static string Hello => Program("examples", "hello", "Hello");

    public static string Example(string file) => Path.Combine(Root, "examples", file);

    /// <summary>A tool that <c>scripts/test-tools</c> provides.</summary>
    public static string Tool(string name)
    {
        string folder = Environment.GetEnvironmentVariable("CONTROLPLANE_TEST_TOOLS") ?? Path.Combine(Root, ".test", "tools");
        string path = Path.Combine(folder, name);
        Assert.True(File.Exists(path), $"{path} is missing: scripts/test-tools fetches it (./test runs it first)");
        return path;
    }

    /// <summary>A program in the configuration that the tests were built in: <c>bin/Release/net10.0</c>.</summary>
    public static string Program(string folder, string project, string? name = null)
    {
        DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(Root, folder, project, "bin", framework.Parent!.Name, framework.Name, $"{name ?? project}.dll");
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ControlPlane.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"no ControlPlane.sln above {AppContext.BaseDirectory}");
    }
}
