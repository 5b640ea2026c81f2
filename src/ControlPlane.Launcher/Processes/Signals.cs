using System.Runtime.InteropServices;

namespace ControlPlane.Launcher.Processes;

internal static class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>Sends a signal; false when there is no such process (any more).</summary>
    public static bool Send(int processId, int signal) => kill(processId, signal) == 0;

    /// <summary>Takes back that a signal is ignored, which a process inherits.</summary>
    public static void Restore(int number) => _ = signal(number, handler: 0);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint signal(int number, nint handler);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);
}
