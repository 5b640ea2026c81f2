using System.Runtime.InteropServices;

namespace ControlPlane.Agent.Volumes;

/// <summary>What .NET cannot do with files by itself.</summary>
internal static partial class FileSystemCalls
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Where the mode stands in the kernel's <c>struct statx</c>, which is alike on all processors, and its size.</summary>
    private const int ModeAt = 28;
    private const int StatxBytes = 256;
    private const int WorkingFolder = -100;
    private const uint AskType = 1;
    private const int TypeMask = 0xF000;

    /// <summary>What a path is, links followed; <see cref="FileType.None"/> when there is nothing.</summary>
    public static FileType TypeOf(string path)
    {
        Span<byte> result = stackalloc byte[StatxBytes];
        return statx(WorkingFolder, path, 0, AskType, result) == 0
            ? (FileType)(BitConverter.ToUInt16(result[ModeAt..]) & TypeMask)
            : FileType.None;
    }

    /// <summary>Puts a file or link in the place of another in one step.</summary>
    public static void Rename(string from, string to)
    {
        if (rename(from, to) != 0)
        {
            throw new IOException($"{from} cannot be renamed to {to}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>Gives a file or folder to a group; null leaves it.</summary>
    public static void ChangeGroup(string path, long? group)
    {
        if (group is { } id && lchown(path, Unchanged, (uint)id) != 0)
        {
            throw new IOException($"{path} cannot be given to the group {id}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int statx(int folder, string path, int flags, uint mask, Span<byte> result);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int lchown(string path, uint owner, uint group);
}

/// <summary>What a path can be; the numbers are Linux' (<c>S_IFMT</c>).</summary>
internal enum FileType
{
    None = 0,
    CharDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    Socket = 0xC000,
}
