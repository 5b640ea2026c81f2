using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// The nodes and what their pods take. Terminating pods still count: their resources are free only when the agent has said so.
/// Mutable on purpose, and owned by one pass: each placement is entered before the next is decided.
/// </summary>
public sealed class ClusterState
{
    private readonly SortedDictionary<string, NodeState> nodes = new(StringComparer.Ordinal);

    public IReadOnlyCollection<NodeState> Nodes => nodes.Values;

    public NodeState? Find(string node) => nodes.GetValueOrDefault(node);

    public void SetNode(Node node)
    {
        if (nodes.TryGetValue(node.Name, out NodeState? state))
        {
            state.Node = node;
        }
        else
        {
            nodes.Add(node.Name, new NodeState(node));
        }
    }

    public void RemoveNode(string name) => nodes.Remove(name);
}

/// <summary>One node and the pods bound to it.</summary>
public sealed class NodeState(Node node)
{
    private readonly Dictionary<string, Pod> pods = new(StringComparer.Ordinal);

    public Node Node { get; internal set; } = node;

    public IReadOnlyCollection<Pod> Pods => pods.Values;

    /// <summary>CPU requested by the pods here, in thousandths of a CPU.</summary>
    public long RequestedCpuMilli { get; private set; }

    /// <summary>Memory requested by the pods here, in bytes.</summary>
    public long RequestedMemoryBytes { get; private set; }

    /// <summary>Enters a pod, or its newer version.</summary>
    public void Add(Pod pod)
    {
        Remove(pod.Uid);
        pods.Add(pod.Uid, pod);
        if (Takes(pod))
        {
            PodRequests requests = PodRequests.Of(pod.Spec);
            RequestedCpuMilli += requests.CpuMilli;
            RequestedMemoryBytes += requests.MemoryBytes;
        }
    }

    public void Remove(string uid)
    {
        if (pods.Remove(uid, out Pod? pod) && Takes(pod))
        {
            PodRequests requests = PodRequests.Of(pod.Spec);
            RequestedCpuMilli -= requests.CpuMilli;
            RequestedMemoryBytes -= requests.MemoryBytes;
        }
    }

    /// <summary>A pod that has ended takes nothing.</summary>
    private static bool Takes(Pod pod) => pod.Status?.Phase is not ("Succeeded" or "Failed");
}

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
    private static Resources.Values.Quantity Request(Container container, string resource) =>
        container.Resources is not { } resources ? default
        : resources.Requests.TryGetValue(resource, out Resources.Values.Quantity request) ? request
        : resources.Limits[resource];
}
