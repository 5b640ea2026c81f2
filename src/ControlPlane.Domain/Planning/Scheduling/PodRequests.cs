using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// What a pod asks of its node: the sum over its containers and sidecars, or what an init container and the sidecars before it ask for where that is more
/// (Kubernetes: <c>PodRequests</c> of resourcehelper). Worked through: a sidecar of 100m, then an init container of 500m, then containers of 300m ask for 600m.
/// </summary>
public readonly record struct PodRequests(long CpuMilli, long MemoryBytes)
{
    /// <summary>As much as a pod counts for at most, far beyond any node: 8,000 such pods on one node can still be added up.</summary>
    private const long Most = 1L << 50;

    public static PodRequests Of(PodSpec spec)
    {
        long cpu = 0;
        long memory = 0;
        foreach (Container container in spec.Containers.AsSpan())
        {
            cpu = Amounts.Plus(cpu, Request(container, "cpu").Milli);
            memory = Amounts.Plus(memory, Request(container, "memory").Value);
        }

        PodRequests requests = spec.InitContainers.IsEmpty ? new PodRequests(cpu, memory) : WithInitContainers(spec, cpu, memory);
        return new(Math.Min(requests.CpuMilli, Most), Math.Min(requests.MemoryBytes, Most));
    }

    private static PodRequests WithInitContainers(PodSpec spec, long cpu, long memory)
    {
        PodRequests beside = default;
        PodRequests most = default;
        foreach (Container container in spec.InitContainers.AsSpan())
        {
            PodRequests both = new(Amounts.Plus(beside.CpuMilli, Request(container, "cpu").Milli), Amounts.Plus(beside.MemoryBytes, Request(container, "memory").Value));
            beside = container.IsSidecar() ? both : beside;
            most = new(Math.Max(most.CpuMilli, both.CpuMilli), Math.Max(most.MemoryBytes, both.MemoryBytes));
        }

        return new(Math.Max(most.CpuMilli, Amounts.Plus(cpu, beside.CpuMilli)), Math.Max(most.MemoryBytes, Amounts.Plus(memory, beside.MemoryBytes)));
    }

    /// <summary>A request that is absent is the limit (Kubernetes: defaulting of container resources).</summary>
    private static Quantity Request(Container container, string resource) =>
        container.Resources is not { } resources ? default
        : resources.Requests.TryGetValue(resource, out Quantity request) ? request
        : resources.Limits[resource];
}
