using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>
/// The rules for a part of a volume. Beside Kubernetes' own: the node looks at the path, and then the engine mounts what the path leads to; a program that puts a symbolic
/// link there in between would be given any file of the node. So nothing that may run at that time can write to a folder on the way.
/// </summary>
internal static class SubPathRules
{
    private const string InMemory =
        "a part of a volume in memory is not honoured by this control plane where a variable names it, or where a container mounts a folder that it is in or that is in it; mount the whole volume";

    public static IEnumerable<FieldProblem> Errors(VolumeMount mount, Container container, PodSpec spec)
    {
        (string at, string? path) = mount.SubPathExpr is null ? (".subPath", mount.SubPath) : (".subPathExpr", mount.SubPathExpr);
        if (path is null)
        {
            return [];
        }

        Volume? volume = spec.Volumes.FirstOrDefault(candidate => candidate.Name == mount.Name);
        FieldProblem? problem = mount is { SubPath: not null, SubPathExpr: not null } ? FieldProblem.Invalid(path, "subPathExpr and subPath are mutually exclusive")
            : Paths.Within(path) is { } wrong ? FieldProblem.Invalid(path, wrong)
            : volume?.EmptyDir?.Medium == "Memory" ? (IsApart(mount, spec) ? null : FieldProblem.Forbidden(InMemory))
            : volume is { EmptyDir: not null } or { HostPath: not null } && WhoCanRedirect(mount, container, spec) is { } other ? FieldProblem.Forbidden(
                $"{at[1..]} is not honoured by this control plane while the container {other}, which may run when this one starts, can write to the folder that it is in; "
                + "mount the same there as here, or the whole volume here")
            : null;
        return problem is null ? [] : [problem with { At = at }];
    }

    /// <summary>Whether all mounts of the volume are of this very part, or of others that have nothing in common with it.</summary>
    private static bool IsApart(VolumeMount mount, PodSpec spec)
    {
        string[] path = mount.Steps();
        return mount.SubPathExpr is null && spec.AllContainers()
            .SelectMany(container => container.VolumeMounts)
            .Where(other => other.Name == mount.Name)
            .Select(MountedParts.Steps)
            .All(other => path.SequenceEqual(other) || (!MayBeAbove(path, other) && !MayBeAbove(other, path)));
    }

    /// <summary>The first container that could put something else where a mount leads; null when there is none.</summary>
    private static string? WhoCanRedirect(VolumeMount mount, Container container, PodSpec spec)
    {
        // Of a folder of the node the agent may not see what the engine mounts, so there nobody may have put a link there before either.
        bool isOfNode = spec.Volumes.FirstOrDefault(candidate => candidate.Name == mount.Name)?.HostPath is not null;
        string[] path = mount.Steps();
        return spec.AllContainers()
            .FirstOrDefault(other => (isOfNode || (other.Name != container.Name && MayRunAtStart(other, container, spec)))
                && other.VolumeMounts.Any(theirs => theirs.Name == mount.Name && theirs.ReadOnly != true && MayBeAbove(theirs.Steps(), path)))
            ?.Name;
    }

    /// <summary>
    /// Whether a container may run when another one starts. Init containers run one after the other and before the rest, sidecars beside what comes after them; all but
    /// plain init containers may be restarted at any time.
    /// </summary>
    private static bool MayRunAtStart(Container other, Container starting, PodSpec spec)
    {
        bool isOtherPlain = spec.IsInitContainer(other.Name) && !other.IsSidecar();
        bool isStartingPlain = spec.IsInitContainer(starting.Name) && !starting.IsSidecar();
        return isOtherPlain ? starting.IsSidecar() : !isStartingPlain || other.IsSidecar();
    }

    /// <summary>
    /// Whether a path may be that of a folder above another. A variable stands for one step of a path or a part of one, never for several (the agent sees to that), so
    /// the numbers of steps are known here: <c>logs</c> is above <c>logs/$(POD)</c>, and <c>$(POD)</c> may be above <c>a/b</c>.
    /// </summary>
    private static bool MayBeAbove(string[] above, string[] path) =>
        above.Length < path.Length && above.Zip(path).All(step => step.First == step.Second || IsOpen(step.First) || IsOpen(step.Second));

    private static bool IsOpen(string step) => step.Contains("$(", StringComparison.Ordinal);
}
