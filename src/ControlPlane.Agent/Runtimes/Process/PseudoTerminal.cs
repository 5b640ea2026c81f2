using System.Runtime.InteropServices;
using System.Text;
using ControlPlane.Domain.Agents.Streams;
using Microsoft.Win32.SafeHandles;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>A terminal whose screen and keyboard are a stream, by the C library's calls, for .NET has none.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    /// <summary>What a terminal has until its size is told.</summary>
    private static readonly TerminalSize UsualSize = new(80, 24);

    private readonly SafeFileHandle handle;

    private PseudoTerminal(SafeFileHandle handle, string path)
    {
        this.handle = handle;
        Path = path;

        // Unbuffered, so that reads and writes do not wait for each other.
        Stream = new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0, isAsync: false);
    }

    /// <summary>The device that the process opens.</summary>
    public string Path { get; }

    /// <summary>What the process shows is read from it, what is written to it are its keys. Once no process has the terminal open any more a read fails.</summary>
    public FileStream Stream { get; }

    /// <exception cref="ContainerStartException">The system has no terminal to give.</exception>
    public static PseudoTerminal Open()
    {
        const int readWrite = 2;
        const int noControllingTerminal = 0x100;
        const int closeOnExec = 0x80000;
        int file = posix_openpt(readWrite | noControllingTerminal | closeOnExec);
        if (file < 0)
        {
            throw Failure("a terminal could not be opened");
        }

        SafeFileHandle handle = new(file, ownsHandle: true);
        byte[] name = new byte[128];
        if (grantpt(file) != 0 || unlockpt(file) != 0 || ptsname_r(file, name, (nuint)name.Length) != 0)
        {
            ContainerStartException failure = Failure("a terminal could not be made ready");
            handle.Dispose();
            throw failure;
        }

        PseudoTerminal terminal = new(handle, Encoding.UTF8.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0))));
        terminal.Resize(UsualSize);
        return terminal;
    }

    /// <summary>Tells the size; the process hears of it by SIGWINCH. A terminal that is closed already has none.</summary>
    public void Resize(TerminalSize size)
    {
        const nuint setWindowSize = 0x5414;
        ReadOnlySpan<ushort> rowsAndColumns = [size.Height, size.Width, 0, 0];
        bool isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            _ = ioctl((int)handle.DangerousGetHandle(), setWindowSize, in MemoryMarshal.GetReference(rowsAndColumns));
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        finally
        {
            if (isHeld)
            {
                handle.DangerousRelease();
            }
        }
    }

    public void Dispose() => Stream.Dispose();

    private static ContainerStartException Failure(string what) => new($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int grantpt(int file);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int unlockpt(int file);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int ptsname_r(int file, [Out] byte[] name, nuint length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ioctl(int file, nuint request, in ushort argument);
}
