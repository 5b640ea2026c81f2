namespace ControlPlane.Domain.Resources;

/// <summary>The parts of volumes that containers mount (Kubernetes: <c>subPath</c>, <c>subPathExpr</c>).</summary>
public static class MountedParts
{
    /// <summary>The steps of the path within the volume: <c>a/./b/</c> has two, the whole volume none. A variable stands within one step.</summary>
    public static string[] Steps(this VolumeMount mount)
    {
        ArgumentNullException.ThrowIfNull(mount);
        return StepsOf(mount.SubPathExpr ?? mount.SubPath ?? "");
    }

    /// <summary>The steps of a path within a volume.</summary>
    public static string[] StepsOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(step => step != ".")];
    }
}
