using System.Runtime.InteropServices;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>One node and the pods bound to it, with sums and counts kept as pods come and go, so that a placement scans no pods.</summary>
public sealed class NodeState
{
    private readonly Dictionary<string, Pod> pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> podsByOwner = new(StringComparer.Ordinal);
    private readonly Dictionary<HostPort, int> hostPorts = [];

    public NodeState(Node node) => Node = node;

    public Node Node
    {
        get;
        internal set
        {
            field = value;
            AllocatableCpuMilli = value.Status?.Allocatable["cpu"].Milli ?? 0;
            AllocatableMemoryBytes = value.Status?.Allocatable["memory"].Value ?? 0;
            AllocatablePods = value.Status?.Allocatable["pods"].Value ?? 0;
            IsReady = !value.Metadata.IsDeleting && value.IsReady();
        }
    }

    public IReadOnlyCollection<Pod> Pods => pods.Values;

    public long AllocatableCpuMilli { get; private set; }

    public long AllocatableMemoryBytes { get; private set; }

    public long AllocatablePods { get; private set; }

    /// <summary>Whether the node's agent reports, and says that it can run pods; false for a node that is being deleted.</summary>
    public bool IsReady { get; private set; }

    /// <summary>CPU requested by the pods here, in thousandths of a CPU.</summary>
    public long RequestedCpuMilli { get; private set; }

    /// <summary>Memory requested by the pods here, in bytes.</summary>
    public long RequestedMemoryBytes { get; private set; }

    /// <summary>How many pods take room here; those that have ended do not.</summary>
    public int TakingPods { get; private set; }

    /// <summary>Moves whenever a pod comes or goes.</summary>
    internal long Version { get; private set; }

    /// <summary>Enters a pod, or its newer version.</summary>
    public void Add(Pod pod)
    {
        Remove(pod.Uid);
        pods.Add(pod.Uid, pod);
        Account(pod, sign: 1);
    }

    public void Remove(string uid)
    {
        if (pods.Remove(uid, out Pod? pod))
        {
            Account(pod, sign: -1);
        }
    }

    /// <summary>How many pods of one controller run here; those on their way out do not count, for what replaces them should spread as if they were gone.</summary>
    public int PodsOwnedBy(string ownerUid) => podsByOwner.GetValueOrDefault(ownerUid);

    /// <summary>Whether a host port is taken; one asked for on all addresses meets one on any address.</summary>
    internal bool HasPortConflict(HostPort wanted)
    {
        if (hostPorts.Count == 0)
        {
            return false;
        }

        foreach (HostPort taken in hostPorts.Keys)
        {
            if (taken.Number == wanted.Number
                && string.Equals(taken.Protocol, wanted.Protocol, StringComparison.Ordinal)
                && (taken.IsOnAllAddresses || wanted.IsOnAllAddresses || string.Equals(taken.Address, wanted.Address, StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    private void Account(Pod pod, int sign)
    {
        Version++;
        if (pod.Status?.Phase is "Succeeded" or "Failed")
        {
            return;
        }

        PodRequests requests = PodRequests.Of(pod.Spec);
        RequestedCpuMilli += sign * requests.CpuMilli;
        RequestedMemoryBytes += sign * requests.MemoryBytes;
        TakingPods += sign;
        if (!pod.Metadata.IsDeleting && pod.Metadata.Controller is { } owner)
        {
            Count(podsByOwner, owner.Uid, sign);
        }

        foreach (Container container in pod.Spec.Containers.AsSpan())
        {
            foreach (ContainerPort port in container.Ports.AsSpan())
            {
                if (port.HostPort is > 0)
                {
                    Count(hostPorts, HostPort.Of(port), sign);
                }
            }
        }
    }

    private static void Count<TKey>(Dictionary<TKey, int> counts, TKey key, int sign)
        where TKey : notnull
    {
        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
        count += sign;
        if (count == 0)
        {
            counts.Remove(key);
        }
    }
}

/// <summary>A port of the node itself.</summary>
internal readonly record struct HostPort(string Address, int Number, string Protocol)
{
    private const string AllAddresses = "0.0.0.0";

    public bool IsOnAllAddresses => Address == AllAddresses;

    public static HostPort Of(ContainerPort port) =>
        new(port.HostIP is { Length: > 0 } address ? address : AllAddresses, port.HostPort ?? 0, port.Protocol ?? "TCP");
}
