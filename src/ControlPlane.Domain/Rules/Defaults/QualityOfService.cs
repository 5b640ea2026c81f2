using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>Which pods go first when a node runs short (Kubernetes: Pod Quality of Service Classes). Counts cpu and memory only.</summary>
internal static class QualityOfService
{
    private static readonly string[] Counted = ["cpu", "memory"];

    public static string Of(PodSpec spec)
    {
        Container[] containers = [.. spec.InitContainers, .. spec.Containers];
        if (!containers.Any(AsksForAnything))
        {
            return "BestEffort";
        }

        return containers.All(IsLimitedToItsRequests) ? "Guaranteed" : "Burstable";
    }

    private static bool AsksForAnything(Container container) =>
        Counted.Any(name => container.Resources?.Requests[name].Milli > 0 || container.Resources?.Limits[name].Milli > 0);

    private static bool IsLimitedToItsRequests(Container container) =>
        container.Resources is { } resources
        && Counted.All(name => resources.Limits[name].Milli > 0
            && (!resources.Requests.TryGetValue(name, out Quantity request) || request == resources.Limits[name]));
}
