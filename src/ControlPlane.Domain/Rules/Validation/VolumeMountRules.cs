using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what a container mounts of its pod's volumes (Kubernetes: ValidateVolumeMounts).</summary>
internal static class VolumeMountRules
{
    /// <summary>What is wrong with the mounts of one container.</summary>
    public static IEnumerable<FieldProblem> Errors(Container container, PodSpec spec)
    {
        HashSet<string> paths = new(StringComparer.Ordinal);
        return container.VolumeMounts.SelectMany((mount, index) =>
            ((IEnumerable<FieldProblem>)[.. Name(mount, spec.Volumes), .. MountPath(mount, paths), .. SubPathRules.Errors(mount, container, spec)])
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
}
