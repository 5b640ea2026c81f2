using System.Runtime.InteropServices;

namespace ControlPlane.EndToEnd.Tests.Harness;

internal static class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;

    /// <summary>Sends a signal; false when there is no such process (any more).</summary>
    public static bool Send(int processId, int signal) => kill(processId, signal) == 0;

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);
}
