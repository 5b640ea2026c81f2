using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>Parts of volumes that are named by a container's variables (Kubernetes: <c>subPathExpr</c>).</summary>
internal static class SubPathExpressions
{
    /// <summary>Whether a container has any.</summary>
    public static bool AreIn(Container container) => container.VolumeMounts.Any(mount => mount.SubPathExpr is not null);

    /// <summary>The container with a <c>subPath</c> for each.</summary>
    /// <exception cref="ContainerConfigurationException">A variable does not exist, or its value is no step of a path.</exception>
    public static Container Expand(Container container, ContainerEnvironment environment) => container with
    {
        VolumeMounts = container.VolumeMounts
            .Select(mount => mount.SubPathExpr is { } expression ? mount with { SubPath = Expand(expression, environment), SubPathExpr = null } : mount)
            .ToValueList(),
    };

    /// <summary>
    /// Each step for itself: what stands for one must be one, for which container may be given what was decided by the numbers of steps (Domain: <c>SubPathRules</c>).
    /// </summary>
    private static string Expand(string expression, ContainerEnvironment environment)
    {
        IEnumerable<string> steps = expression.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(step => step != ".").Select(step =>
        {
            string value = environment.Expand(step, missing => throw new ContainerConfigurationException($"missing value for \"{missing}\""));
            return value is not ("" or "." or "..") && !value.Contains('/', StringComparison.Ordinal)
                ? value
                : throw new ContainerConfigurationException($"subPathExpr {expression}: \"{value}\" is no step of a path");
        });
        return string.Join('/', steps);
    }
}
