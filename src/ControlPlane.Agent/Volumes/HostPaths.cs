using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Volumes;

/// <summary>Files and folders of the host that pods ask for.</summary>
internal static class HostPaths
{
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Checks what must be there and makes what may be made (Kubernetes: the types of <c>hostPath</c>); returns the path.</summary>
    /// <exception cref="IOException">Something else is there, or nothing.</exception>
    public static string Prepare(HostPathVolumeSource source)
    {
        string path = source.Path;
        switch (source.Type)
        {
            case null or "":
                MakeFolder(path);
                break;
            case "DirectoryOrCreate":
                MakeFolder(path);
                Check(path, FileSystemCalls.TypeOf(path) == FileType.Directory, "a directory");
                break;
            case "FileOrCreate":
                MakeFile(path);
                Check(path, IsFile(path), "a file");
                break;
            case "Directory":
                Check(path, FileSystemCalls.TypeOf(path) == FileType.Directory, "a directory");
                break;
            case "File":
                Check(path, IsFile(path), "a file");
                break;
            case "Socket":
                Check(path, FileSystemCalls.TypeOf(path) == FileType.Socket, "a socket");
                break;
            case "CharDevice":
                Check(path, FileSystemCalls.TypeOf(path) == FileType.CharDevice, "a character device");
                break;
            case "BlockDevice":
                Check(path, FileSystemCalls.TypeOf(path) == FileType.BlockDevice, "a block device");
                break;
        }

        return path;
    }

    private static void MakeFolder(string path)
    {
        if (!Path.Exists(path))
        {
            Directory.CreateDirectory(path, FolderMode);
        }
    }

    private static void MakeFile(string path)
    {
        if (!Path.Exists(path))
        {
            using FileStream made = new(path, new FileStreamOptions { Mode = System.IO.FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = FileMode });
        }
    }

    private static bool IsFile(string path) => FileSystemCalls.TypeOf(path) == FileType.Regular;

    private static void Check(string path, bool isSo, string expected)
    {
        if (!isSo)
        {
            throw new IOException($"hostPath type check failed: {path} is not {expected}");
        }
    }
}
