using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.Discovery;

/// <summary>
/// What <c>/version</c> says. Clients compare the minor version with their own and warn when it is more than one away; the number is the
/// newest Kubernetes API that this one is tried against.
/// </summary>
internal static class ServerVersion
{
    public const string Major = "1";

    public const string Minor = "36";

    public static string GitVersion { get; } = $"v{Major}.{Minor}.0+controlplane";

    public static JsonObject Document { get; } = new()
    {
        ["major"] = Major,
        ["minor"] = Minor,
        ["gitVersion"] = GitVersion,
        ["gitCommit"] = "",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "",
        ["compiler"] = RuntimeInformation.FrameworkDescription,
        ["platform"] = $"linux/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}",
    };
}
