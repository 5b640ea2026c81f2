using System.Runtime.InteropServices;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>One node and the pods bound to it, with sums and counts kept as pods come and go, so that a placement scans no pods.</summary>
public sealed class NodeState
{
    private readonly Dictionary<string, Pod> pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> podsByOwner = new(StringComparer.Ordinal);
    private readonly Dictionary<HostPort, int> hostPorts = [];
    private readonly Dictionary<string, ValueList<PodTerm>> keepingAway = new(StringComparer.Ordinal);
    private readonly HashSet<NodeState> nodesKeepingAway;

    /// <param name="node">The node.</param>
    /// <param name="nodesKeepingAway">Where it enters itself while it has pods that keep others away.</param>
    internal NodeState(Node node, HashSet<NodeState> nodesKeepingAway)
    {
        this.nodesKeepingAway = nodesKeepingAway;
        Node = node;
    }

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

    /// <summary>The required anti-affinity of a pod here; empty for one that has none, or has ended.</summary>
    internal ValueList<PodTerm> TermsKeepingAway(string uid) => keepingAway.GetValueOrDefault(uid);

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
        if (pod.Status?.Phase is "Succeeded" or "Failed")
        {
            return;
        }

        PodRequests requests = PodRequests.Of(pod.Spec);
        RequestedCpuMilli += sign * requests.CpuMilli;
        RequestedMemoryBytes += sign * requests.MemoryBytes;
        TakingPods += sign;
        AccountKeepingAway(pod, sign);
        if (!pod.Metadata.IsDeleting && pod.Metadata.Controller is { } owner)
        {
            Count(podsByOwner, owner.Uid, sign);
        }

        foreach (Container container in pod.Spec.Containers.AsSpan())
        {
            AccountPorts(container, sign);
        }

        foreach (Container container in pod.Spec.InitContainers.AsSpan())
        {
            if (container.IsSidecar())
            {
                AccountPorts(container, sign);
            }
        }
    }

    private void AccountPorts(Container container, int sign)
    {
        foreach (ContainerPort port in container.Ports.AsSpan())
        {
            if (port.HostPort is > 0)
            {
                Count(hostPorts, HostPort.Of(port), sign);
            }
        }
    }

    private void AccountKeepingAway(Pod pod, int sign)
    {
        if (pod.Spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution.IsEmpty != false)
        {
            return;
        }

        if (sign > 0)
        {
            keepingAway.Add(pod.Uid, PodTerm.KeepingAway(pod));
            nodesKeepingAway.Add(this);
        }
        else if (keepingAway.Remove(pod.Uid) && keepingAway.Count == 0)
        {
            nodesKeepingAway.Remove(this);
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
