using System.Globalization;

namespace ControlPlane.Agent.Volumes;

/// <summary>
/// A folder whose files change all at once, as on a Kubernetes node: each name in it is a link by way of the link <c>..data</c>, which goes to a folder that
/// never changes, and is turned to the next one in one step. Whoever reads sees all the old files or all the new ones.
/// </summary>
internal static class AtomicFolder
{
    private const string Data = "..data";
    private const string NextData = "..data_tmp";
    private const string Version = "..v";
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes a folder have these files and no others; returns false when it had them already.</summary>
    /// <param name="folder">The folder; made when it is not there.</param>
    /// <param name="files">Its files, each path once.</param>
    /// <param name="group">Whose the files are besides the agent's user; null for nobody.</param>
    /// <exception cref="IOException">They could not be written; the folder has what it had.</exception>
    public static bool Write(string folder, IReadOnlyList<VolumeFile> files, long? group)
    {
        Make(folder, group);
        string? current = new DirectoryInfo(Path.Combine(folder, Data)).LinkTarget;
        if (current is not null && Has(Path.Combine(folder, current), files))
        {
            return false;
        }

        string next = NameOfNext(folder, current);
        Make(Path.Combine(folder, next), group);
        foreach (VolumeFile file in files)
        {
            WriteFile(Path.Combine(folder, next), file, group);
        }

        string link = Path.Combine(folder, NextData);
        File.Delete(link);
        File.CreateSymbolicLink(link, next);
        FileSystemCalls.Rename(link, Path.Combine(folder, Data));
        Show(folder, files);
        foreach (string old in Directory.EnumerateDirectories(folder, Version + "*").Where(path => Path.GetFileName(path) != next).ToList())
        {
            Directory.Delete(old, recursive: true);
        }

        return true;
    }

    /// <summary>Makes a folder that everybody may read.</summary>
    private static void Make(string path, long? group)
    {
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, FolderMode);
        FileSystemCalls.ChangeGroup(path, group);
    }

    /// <summary>A name that no earlier version had: whoever still reads one of those by its path finds it gone, and not another one's files.</summary>
    private static string NameOfNext(string folder, string? current)
    {
        int last = current is not null && int.TryParse(current[Version.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        for (int i = last + 1; ; i++)
        {
            string name = Version + i.ToString(CultureInfo.InvariantCulture);
            if (!Directory.Exists(Path.Combine(folder, name)))
            {
                return name;
            }
        }
    }

    private static void WriteFile(string folder, VolumeFile file, long? group)
    {
        string path = folder;
        string[] parts = file.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (string part in parts[..^1])
        {
            path = Path.Combine(path, part);
            Make(path, group);
        }

        path = Path.Combine(path, parts[^1]);
        FileStreamOptions open = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (FileStream stream = new(path, open))
        {
            stream.Write(file.Content.Span);
        }

        FileSystemCalls.ChangeGroup(path, group);

        // A group that is given the files can read them, whatever their mode (Kubernetes: fsGroup).
        File.SetUnixFileMode(path, (UnixFileMode)file.Mode | (group is null ? 0 : UnixFileMode.GroupRead));
    }

    /// <summary>A link for each first part of a path, and none for what is gone.</summary>
    private static void Show(string folder, IReadOnlyList<VolumeFile> files)
    {
        HashSet<string> names = files.Select(file => file.Path.Split('/', StringSplitOptions.RemoveEmptyEntries)[0]).ToHashSet(StringComparer.Ordinal);
        foreach (string name in names.Where(name => new FileInfo(Path.Combine(folder, name)).LinkTarget is null))
        {
            File.CreateSymbolicLink(Path.Combine(folder, name), $"{Data}/{name}");
        }

        foreach (string shown in Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).ToList())
        {
            if (!shown.StartsWith("..", StringComparison.Ordinal) && !names.Contains(shown))
            {
                File.Delete(Path.Combine(folder, shown));
            }
        }
    }

    private static bool Has(string folder, IReadOnlyList<VolumeFile> files)
    {
        if (!Directory.Exists(folder))
        {
            return false;
        }

        Dictionary<string, VolumeFile> wanted = files.ToDictionary(file => Path.Combine(folder, file.Path.Trim('/')), StringComparer.Ordinal);
        string[] there = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        return there.Length == wanted.Count
            && there.All(path => wanted.TryGetValue(path, out VolumeFile? file) && File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Content.Span));
    }
}
