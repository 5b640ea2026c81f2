using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Volumes;

/// <summary>Parts of volumes (Kubernetes: <c>subPath</c>).</summary>
internal static class VolumeParts
{
    private const string Data = "..data";

    /// <summary>A part of a folder that containers cannot write to: the file or folder itself, not the links to it, which go elsewhere when the files change.</summary>
    /// <exception cref="IOException">There is no such part.</exception>
    public static string Find(string folder, string part)
    {
        string data = Path.Combine(folder, part);
        string[] steps = MountedParts.StepsOf(part);
        if (steps.Length > 0 && new DirectoryInfo(Path.Combine(folder, Data)).ResolveLinkTarget(returnFinalTarget: true) is { } files)
        {
            data = Path.Combine([files.FullName, .. steps]);
        }

        return Path.Exists(data) ? data : throw new IOException($"the subPath {part} does not exist");
    }

    /// <summary>
    /// A part of a folder that containers can write to, made where there is none, as a folder with the permissions of the whole. A symbolic link on the way is followed by nobody. Nothing that could
    /// put one there runs meanwhile: no pod is taken of which that could be (Domain: <c>SubPathRules</c>).
    /// </summary>
    /// <param name="folder">The volume.</param>
    /// <param name="part">The path within it.</param>
    /// <param name="group">Whose a new folder is besides the agent's user; null for nobody.</param>
    /// <exception cref="IOException">A link is on the way, or the folder cannot be made.</exception>
    public static string Make(string folder, string part, long? group)
    {
        string path = folder;
        foreach (string step in MountedParts.StepsOf(part))
        {
            path = Path.Combine(path, step);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new IOException($"the subPath {part} leads over a symbolic link, {step}, which is not followed");
            }

            if (!Path.Exists(path))
            {
                UnixFileMode mode = File.GetUnixFileMode(folder);
                Directory.CreateDirectory(path);
                FileSystemCalls.ChangeGroup(path, group);
                File.SetUnixFileMode(path, mode);
            }
        }

        return path;
    }
}
