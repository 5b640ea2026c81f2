using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what names a container's requests or limits (Kubernetes: <c>validateContainerResourceFieldSelector</c>).</summary>
internal static class ContainerResourceFields
{
    private static readonly string[] Resources =
        ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];

    private static readonly string[] CpuDivisors = ["1m", "1"];
    private static readonly string[] MemoryDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

    /// <param name="resource">What is named.</param>
    /// <param name="mustNameContainer">Whether it stands where no container is meant by itself: in a volume.</param>
    public static IEnumerable<FieldProblem> Problems(ResourceFieldSelector resource, bool mustNameContainer)
    {
        if (mustNameContainer && string.IsNullOrEmpty(resource.ContainerName))
        {
            yield return FieldProblem.Required() with { At = ".containerName" };
        }
        else if (resource.Resource.Length == 0)
        {
            yield return FieldProblem.Required() with { At = ".resource" };
        }
        else if (!Resources.Contains(resource.Resource, StringComparer.Ordinal))
        {
            yield return FieldProblem.NotSupported(resource.Resource, Resources) with { At = ".resource" };
        }

        if (resource.Divisor is not { Milli: not 0 } divisor)
        {
            yield break;
        }

        if (resource.Resource.EndsWith(".cpu", StringComparison.Ordinal) && !CpuDivisors.Contains(divisor.ToString(), StringComparer.Ordinal))
        {
            yield return FieldProblem.Invalid(resource.Resource, "only divisor's values 1m and 1 are supported with the cpu resource") with { At = ".divisor" };
        }
        else if (resource.Resource.EndsWith(".memory", StringComparison.Ordinal) && !MemoryDivisors.Contains(divisor.ToString(), StringComparer.Ordinal))
        {
            yield return FieldProblem.Invalid(
                resource.Resource, "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource") with
            { At = ".divisor" };
        }
    }
}
