using System.Globalization;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What a Service takes of addresses and node ports: those it names, if they are free, and where it names none, one that is.</summary>
public static class ServiceAllocations
{
    /// <summary>
    /// The share of a range, at its low end, that is given out only when the rest is taken, so that those who choose by themselves seldom choose what is taken
    /// (Kubernetes: service address and node port allocation, static band).
    /// </summary>
    private const int ShareForChosen = 16;

    private const string NodePortType = "NodePort";

    /// <summary>The Service with its address and ports, and what to write beside it.</summary>
    /// <param name="wanted">The Service after defaults.</param>
    /// <param name="stored">The Service as it is stored; null for a new one.</param>
    /// <param name="ranges">Where addresses and ports come from.</param>
    /// <param name="taken">What is taken.</param>
    /// <param name="ids">For choices and uids.</param>
    public static AllocationPlan Plan(Service wanted, Service? stored, ServiceRanges ranges, ITakenAllocations taken, IdSource ids)
    {
        Draft draft = new(wanted, taken, ids);
        ServiceSpec spec = wanted.Spec;
        if (spec.ClusterIP != ServiceSpec.Headless)
        {
            string? address = spec.ClusterIP is { } named ? draft.TakeAddress(named, ranges.Addresses) : draft.ChooseAddress(ranges.Addresses);
            spec = address is null ? spec : spec with { ClusterIP = address, ClusterIPs = [address] };
        }

        if (spec.Type == NodePortType)
        {
            HashSet<int> named = [.. spec.Ports.Select(port => port.NodePort ?? 0)];
            spec = spec with
            {
                Ports = [.. spec.Ports.Select((port, index) => port.NodePort is { } number
                    ? draft.TakePort(port, number, index, ranges.NodePorts)
                    : draft.ChoosePort(port, index, ranges.NodePorts, named))],
            };
        }

        draft.Release(NamesOf(stored?.Spec).Except(NamesOf(spec)));
        return new AllocationPlan(wanted with { Spec = spec }, [.. draft.Writes], [.. draft.Preconditions], [.. draft.Errors]);
    }

    /// <summary>The names of what a Service has taken.</summary>
    public static IEnumerable<string> NamesOf(ServiceSpec? spec)
    {
        if (spec is null)
        {
            yield break;
        }

        if (spec.ClusterIP is { } address && address != ServiceSpec.Headless)
        {
            yield return ServiceAllocation.NameOfAddress(address);
        }

        foreach (ServicePort port in spec.Ports)
        {
            if (spec.Type == NodePortType && port.NodePort is { } number)
            {
                yield return ServiceAllocation.NameOfNodePort(number);
            }
        }
    }

    /// <summary>The plan in the making.</summary>
    private sealed class Draft(Service service, ITakenAllocations taken, IdSource ids)
    {
        public List<Write> Writes { get; } = [];

        public List<Precondition> Preconditions { get; } = [];

        public List<FieldError> Errors { get; } = [];

        public string? TakeAddress(string address, AddressRange range)
        {
            string name = ServiceAllocation.NameOfAddress(address);
            bool isHeld = IsHeld(name);
            if (!isHeld && !range.Contains(address))
            {
                Add("spec.clusterIPs", $"[\"{address}\"]", $"failed to allocate IP {address}: the provided IP ({address}) is not in the valid range. The range of valid IPs is {range}");
            }
            else if (!isHeld && !TryTake(name))
            {
                Add("spec.clusterIPs", $"[\"{address}\"]", $"failed to allocate IP {address}: provided IP is already allocated");
            }

            return address;
        }

        public string? ChooseAddress(AddressRange range)
        {
            foreach (int index in Candidates(range.Count))
            {
                if (TryTake(ServiceAllocation.NameOfAddress(range.At(index))))
                {
                    return range.At(index);
                }
            }

            Add("spec.clusterIPs", "[]", $"failed to allocate a serviceIP: range {range} is full");
            return null;
        }

        public ServicePort TakePort(ServicePort port, int number, int index, PortRange range)
        {
            string name = ServiceAllocation.NameOfNodePort(number);
            bool isHeld = IsHeld(name);
            string field = $"spec.ports[{index}].nodePort";
            if (!isHeld && !range.Contains(number))
            {
                Add(field, number.ToString(CultureInfo.InvariantCulture), $"provided port is not in the valid range. The range of valid ports is {range}");
            }
            else if (!isHeld && !TryTake(name))
            {
                Add(field, number.ToString(CultureInfo.InvariantCulture), "provided port is already allocated");
            }

            return port;
        }

        public ServicePort ChoosePort(ServicePort port, int index, PortRange range, HashSet<int> named)
        {
            foreach (int candidate in Candidates(range.Count))
            {
                int number = range.First + candidate;
                if (!named.Contains(number) && TryTake(ServiceAllocation.NameOfNodePort(number)))
                {
                    named.Add(number);
                    return port with { NodePort = number };
                }
            }

            Add($"spec.ports[{index}].nodePort", "0", $"failed to allocate a nodePort: range {range} is full");
            return port;
        }

        public void Release(IEnumerable<string> names)
        {
            foreach (string name in names)
            {
                if (taken.Find(name) is { } allocation && IsOwned(allocation))
                {
                    Writes.Add(Write.Remove.Of(allocation));
                }
            }
        }

        private bool IsHeld(string name) => taken.Find(name) is { } allocation && IsOwned(allocation);

        private bool IsOwned(ServiceAllocation allocation) => allocation.Metadata.OwnerReferences.Any(owner => owner.Uid == service.Uid);

        /// <summary>Takes what nobody has, and what a Service that is gone has left behind and the garbage collection has not come to yet.</summary>
        private bool TryTake(string name)
        {
            ServiceAllocation? known = taken.Find(name);
            if (known is null)
            {
                Writes.Add(new Write.Create(New(name)));
                return true;
            }

            if (known.Metadata.OwnerReferences.Any(owner => taken.IsService(owner.Uid)))
            {
                return false;
            }

            Preconditions.Add(new Precondition.AtResourceVersion(ResourceKinds.ServiceAllocation, known.Key, known.Metadata.Revision));
            ServiceAllocation mine = New(name);
            Writes.Add(new Write.Update(mine with { Metadata = mine.Metadata with { Uid = known.Uid } }, ResourceParts.Desired));
            return true;
        }

        /// <summary>All numbers below a count, once each: from a random one on above the share for the chosen, then that share.</summary>
        private IEnumerable<int> Candidates(int count)
        {
            int low = count / ShareForChosen;
            int start = ids.Below(count - low);
            return Enumerable.Range(0, count - low).Select(step => low + ((start + step) % (count - low))).Concat(Enumerable.Range(0, low));
        }

        private ServiceAllocation New(string name) => new()
        {
            ApiVersion = ResourceKinds.ServiceAllocation.ApiVersion,
            Kind = ResourceKinds.ServiceAllocation.Kind,
            Metadata = new ObjectMeta { Name = name, Uid = ids.Uid(), CreationTimestamp = service.Metadata.CreationTimestamp }.WithController(service),
            Spec = new ServiceAllocationSpec { Namespace = service.Namespace, Service = service.Name },
        };

        private void Add(string field, string value, string detail) => Errors.Add(new FieldError(field, FieldErrorReason.Invalid, $"Invalid value: {value}: {detail}"));
    }
}

/// <summary>What a Service takes.</summary>
/// <param name="Service">The Service, with what was chosen for it.</param>
/// <param name="Writes">The allocations that begin, change hands or end; to be committed with the Service, and after it.</param>
/// <param name="Preconditions">What must still be so then.</param>
/// <param name="Errors">Why it cannot have what it names; empty when it can.</param>
public sealed record AllocationPlan(Service Service, ValueList<Write> Writes, ValueList<Precondition> Preconditions, ValueList<FieldError> Errors);

/// <summary>What is taken.</summary>
public interface ITakenAllocations
{
    /// <summary>An allocation by its name.</summary>
    ServiceAllocation? Find(string name);

    /// <summary>Whether a Service with this uid is there.</summary>
    bool IsService(string uid);
}
