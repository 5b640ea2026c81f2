using ControlPlane.Launcher.Output;

namespace ControlPlane.Launcher.Starting;

/// <summary>The sample application's images on Docker Engine; the process runtime runs it from the clone.</summary>
internal static class SampleImages
{
    private static readonly string[] Tags = ["hello:v1", "hello:v2"];

    /// <summary>Makes them. That it failed is said, and no reason not to start: they are for the examples only.</summary>
    public static async Task MakeAsync(LauncherOptions options, DataFolder data, Terminal terminal, CancellationToken cancellationToken)
    {
        using RotatingLog log = new(data.LogFileOf("sample"));
        string script = Path.Combine(options.Root, "examples", "hello", "make-image");
        if (await Script.RunAsync(script, Tags, log.Write, cancellationToken) is { } trouble)
        {
            terminal.Warn($"the sample's images {string.Join(" and ", Tags)} were not made ({trouble}); see {log.Path}");
        }
    }
}
