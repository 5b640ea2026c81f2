using System.Globalization;
using ControlPlane.Agent.Hosting;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>What containers can be told of their requests and limits (Kubernetes: <c>ExtractContainerResourceValue</c>).</summary>
internal static class ContainerResourceValues
{
    private const string Limits = "limits.";

    /// <summary>
    /// The value in units of the divisor, rounded up: a limit of 100Mi in 1M is 105, a request of 250m cpu in 1 is 1. What is not requested is 0; a limit that is not
    /// set is what the node offers. Null when the pod has no such container.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="selector">What is asked for.</param>
    /// <param name="own">The container that asks; null for a file, which is no container's.</param>
    /// <param name="node">The node.</param>
    public static string? Of(Pod pod, ResourceFieldSelector selector, string? own, NodeValues node)
    {
        string name = string.IsNullOrEmpty(selector.ContainerName) ? own ?? "" : selector.ContainerName;
        if (pod.Spec.AllContainers().FirstOrDefault(container => container.Name == name) is not { } container)
        {
            return null;
        }

        bool isLimit = selector.Resource.StartsWith(Limits, StringComparison.Ordinal);
        string resource = selector.Resource[(selector.Resource.IndexOf('.', StringComparison.Ordinal) + 1)..];
        ResourceRequirements resources = container.Resources ?? new ResourceRequirements();
        Quantity amount = (isLimit ? resources.Limits : resources.Requests)[resource];
        if (isLimit && amount.Milli == 0)
        {
            amount = node.Allocatable[resource];
        }

        long divisor = selector.Divisor is { Milli: > 0 } unit ? unit.Milli : 1000;
        return ((amount.Milli / divisor) + (amount.Milli % divisor > 0 ? 1 : 0)).ToString(CultureInfo.InvariantCulture);
    }
}
