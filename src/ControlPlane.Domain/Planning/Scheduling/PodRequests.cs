using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>What a pod asks of its node: the sum over its containers, or the largest init container where that is more.</summary>
public readonly record struct PodRequests(long CpuMilli, long MemoryBytes)
{
    public static PodRequests Of(PodSpec spec)
    {
        long cpu = 0;
        long memory = 0;
        foreach (Container container in spec.Containers.AsSpan())
        {
            cpu += Request(container, "cpu").Milli;
            memory += Request(container, "memory").Value;
        }

        foreach (Container container in spec.InitContainers.AsSpan())
        {
            cpu = Math.Max(cpu, Request(container, "cpu").Milli);
            memory = Math.Max(memory, Request(container, "memory").Value);
        }

        return new PodRequests(cpu, memory);
    }

    /// <summary>A request that is absent is the limit (Kubernetes: defaulting of container resources).</summary>
    private static Quantity Request(Container container, string resource) =>
        container.Resources is not { } resources ? default
        : resources.Requests.TryGetValue(resource, out Quantity request) ? request
        : resources.Limits[resource];
}
