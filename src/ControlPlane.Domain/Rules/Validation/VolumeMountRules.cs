using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what a container mounts of its pod's volumes (Kubernetes: ValidateVolumeMounts).</summary>
internal static class VolumeMountRules
{
    /// <summary>What is wrong with the mounts of one container.</summary>
    public static IEnumerable<FieldProblem> Errors(ValueList<VolumeMount> mounts, ValueList<Volume> volumes)
    {
        HashSet<string> paths = new(StringComparer.Ordinal);
        return mounts.SelectMany((mount, index) =>
            ((IEnumerable<FieldProblem>)[.. Name(mount, volumes), .. MountPath(mount, paths), .. SubPath(mount, volumes)])
            .Select(problem => problem.Under($"[{index}]")));
    }

    private static IEnumerable<FieldProblem> Name(VolumeMount mount, ValueList<Volume> volumes) =>
        mount.Name.Length == 0 ? [FieldProblem.Required() with { At = ".name" }]
        : !volumes.Any(volume => volume.Name == mount.Name) ? [FieldProblem.NotFound(mount.Name) with { At = ".name" }]
        : [];

    private static IEnumerable<FieldProblem> MountPath(VolumeMount mount, HashSet<string> seen) =>
        mount.MountPath.Length == 0 ? [FieldProblem.Required() with { At = ".mountPath" }]
        : !seen.Add(mount.MountPath) ? [FieldProblem.Invalid(mount.MountPath, "must be unique") with { At = ".mountPath" }]
        : mount.MountPath.Contains(':', StringComparison.Ordinal) ? [FieldProblem.Invalid(mount.MountPath, "must not contain ':'") with { At = ".mountPath" }]
        : !mount.MountPath.StartsWith('/') ? [FieldProblem.Invalid(mount.MountPath, "must be an absolute path") with { At = ".mountPath" }]
        : [];

    /// <summary>
    /// A part is taken of what no container can write to. Elsewhere a program could put a symbolic link there and be given any file of the node at its next start.
    /// </summary>
    private static IEnumerable<FieldProblem> SubPath(VolumeMount mount, ValueList<Volume> volumes)
    {
        if (mount.SubPath is not { } path)
        {
            return [];
        }

        Volume? volume = volumes.FirstOrDefault(candidate => candidate.Name == mount.Name);
        return Paths.Within(path) is { } problem ? [FieldProblem.Invalid(path, problem) with { At = ".subPath" }]
            : volume is { EmptyDir: not null } or { HostPath: not null }
                ? [FieldProblem.Forbidden("subPath is not honoured by this control plane in a volume that containers can write to; mount the whole volume") with { At = ".subPath" }]
            : [];
    }
}
