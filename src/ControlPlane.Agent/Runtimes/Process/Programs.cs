namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>Finds programs as a container's own process would, whose search path is not the agent's.</summary>
internal static class Programs
{
    /// <summary>The file of a program: by its path, from the working folder, or by the container's search path.</summary>
    /// <exception cref="ContainerStartException">There is none; in the words of container engines.</exception>
    public static string Find(ProcessSpec spec, string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            string file = Path.Combine(spec.WorkingFolder, name);
            return !File.Exists(file) ? throw new ContainerStartException($"exec: \"{name}\": stat {name}: no such file or directory")
                : !IsExecutable(file) ? throw new ContainerStartException($"exec: \"{name}\": permission denied")
                : file;
        }

        string[] folders = spec.Environment.TryGetValue("PATH", out string? path) ? path.Split(':') : [];
        return folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)).FirstOrDefault(IsExecutable)
            ?? throw new ContainerStartException($"exec: \"{name}\": executable file not found in $PATH");
    }

    private static bool IsExecutable(string file)
    {
        const UnixFileMode executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return OperatingSystem.IsWindows() ? File.Exists(file) : File.Exists(file) && (File.GetUnixFileMode(file) & executable) != 0;
    }
}
