using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// Keeps a Service's EndpointSlices, and its Endpoints for old clients, in step with the pods that it selects (Kubernetes: endpointslice and endpoints
/// controllers). Written only where something changes.
/// </summary>
public static class EndpointsPlanner
{
    /// <summary>Who writes the slices.</summary>
    public const string Manager = "endpoints.controlplane.dev";

    /// <summary>Addresses in one Endpoints at most; slices have them all (Kubernetes: endpoints controller).</summary>
    public const int AddressesMax = 1000;

    private const string HeadlessLabel = "service.kubernetes.io/headless";
    private const string OverCapacity = "endpoints.kubernetes.io/over-capacity";

    /// <summary>The plan for a Service. One without a selector, or on its way out, has its endpoints left as they are.</summary>
    public static Plan Plan(EndpointsSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Service.Spec.Selector.IsEmpty || snapshot.Service.Metadata.IsDeleting)
        {
            return Planning.Plan.Nothing;
        }

        HashSet<string> listed = [.. snapshot.Slices.SelectMany(slice => slice.Endpoints).Select(endpoint => endpoint.TargetRef?.Uid ?? "")];
        PodEndpoint[] endpoints = [.. Selected(snapshot, listed).OrderBy(endpoint => endpoint.Pod.Name, StringComparer.Ordinal)];
        string missing = MissingPorts.Of(snapshot.Service, Chosen(snapshot));
        ValueList<Write> writes = [.. Slices(snapshot, endpoints), .. EndpointsOf(snapshot, endpoints, missing)];
        return writes.IsEmpty
            ? Planning.Plan.Nothing
            : new Plan
            {
                Preconditions = [Precondition.DesiredUnchanged.Of(snapshot.Service), .. NotEnded(endpoints, listed)],
                Writes = writes,
                Events = [.. MissingPorts.News(snapshot.Service, missing, snapshot.Endpoints?.Metadata.Annotations[MissingPorts.Annotation] ?? "")],
            };
    }

    private static IEnumerable<Pod> Chosen(EndpointsSnapshot snapshot)
    {
        LabelSelector selector = new() { MatchLabels = snapshot.Service.Spec.Selector };
        return snapshot.Pods.Where(pod => selector.Matches(pod.Metadata.Labels));
    }

    /// <summary>
    /// A pod that is marked just now, and that no slice lists, is told to stop at once: it must not be listed as ready after that, or requests would be sent to it.
    /// </summary>
    private static IEnumerable<Precondition> NotEnded(IEnumerable<PodEndpoint> endpoints, HashSet<string> listed) =>
        endpoints.Where(endpoint => endpoint.Conditions.Ready == true && !listed.Contains(endpoint.Pod.Uid)).Select(endpoint => Precondition.DesiredUnchanged.Of(endpoint.Pod));

    /// <summary>
    /// A pod that is on its way out stays until its record goes, for requests may be in flight to it; one that comes into sight on its way out is not added:
    /// nobody has been sent there.
    /// </summary>
    private static IEnumerable<PodEndpoint> Selected(EndpointsSnapshot snapshot, HashSet<string> listed) => Chosen(snapshot)
        .Where(pod => !pod.Metadata.IsDeleting || listed.Contains(pod.Uid))
        .Select(pod => PodEndpoint.Of(pod, snapshot.Service))
        .OfType<PodEndpoint>();

    /// <summary>
    /// A slice has one list of ports for all its endpoints. So pods whose ports are published at different numbers are in different slices, at most 100 in one. An
    /// endpoint stays in its slice as long as it fits there; new ones fill the slices up before another begins.
    /// </summary>
    private static IEnumerable<Write> Slices(EndpointsSnapshot snapshot, PodEndpoint[] endpoints)
    {
        ILookup<ValueList<EndpointSlicePort>, EndpointSlice> stored = snapshot.Slices.ToLookup(slice => slice.Ports);
        HashSet<ValueList<EndpointSlicePort>> wanted = [];
        foreach (IGrouping<ValueList<EndpointSlicePort>, PodEndpoint> alike in endpoints.GroupBy(endpoint => endpoint.Ports))
        {
            wanted.Add(alike.Key);
            foreach (Write write in SlicesOf(snapshot, alike, [.. stored[alike.Key].OrderBy(slice => slice.Name, StringComparer.Ordinal)]))
            {
                yield return write;
            }
        }

        foreach (EndpointSlice slice in snapshot.Slices.Where(slice => !wanted.Contains(slice.Ports)))
        {
            yield return Write.Remove.Of(slice);
        }
    }

    private static IEnumerable<Write> SlicesOf(EndpointsSnapshot snapshot, IGrouping<ValueList<EndpointSlicePort>, PodEndpoint> alike, EndpointSlice[] stored)
    {
        Dictionary<string, PodEndpoint> left = alike.ToDictionary(endpoint => endpoint.Pod.Uid, StringComparer.Ordinal);
        List<PodEndpoint>[] kept = [.. stored.Select(slice => Kept(slice, left))];
        Queue<PodEndpoint> fresh = new(alike.Where(endpoint => left.ContainsKey(endpoint.Pod.Uid)));
        for (int i = 0; i < stored.Length; i++)
        {
            while (kept[i].Count is > 0 and < EndpointSlice.EndpointsMax && fresh.TryDequeue(out PodEndpoint? next))
            {
                kept[i].Add(next);
            }

            if (kept[i].Count == 0)
            {
                yield return Write.Remove.Of(stored[i]);
                continue;
            }

            EndpointSlice wanted = Filled(stored[i], snapshot.Service, alike.Key, kept[i]);
            if (!wanted.Equals(stored[i]))
            {
                yield return new Write.Update(wanted, ResourceParts.Desired);
            }
        }

        foreach (PodEndpoint[] part in fresh.Chunk(EndpointSlice.EndpointsMax))
        {
            yield return new Write.Create(Filled(NewSlice(snapshot), snapshot.Service, alike.Key, part));
        }
    }

    /// <summary>The endpoints that a slice has and keeps; they leave those that are left to place.</summary>
    private static List<PodEndpoint> Kept(EndpointSlice slice, Dictionary<string, PodEndpoint> left)
    {
        List<PodEndpoint> kept = [];
        foreach (Endpoint endpoint in slice.Endpoints)
        {
            if (left.Remove(endpoint.TargetRef?.Uid ?? "", out PodEndpoint? still))
            {
                kept.Add(still);
            }
        }

        return kept;
    }

    private static EndpointSlice NewSlice(EndpointsSnapshot snapshot) => new()
    {
        ApiVersion = ResourceKinds.EndpointSlice.ApiVersion,
        Kind = ResourceKinds.EndpointSlice.Kind,
        Metadata = new ObjectMeta
        {
            Name = $"{snapshot.Service.Name}-{snapshot.Ids.NameSuffix()}",
            GenerateName = $"{snapshot.Service.Name}-",
            Namespace = snapshot.Service.Namespace,
            Uid = snapshot.Ids.Uid(),
            CreationTimestamp = snapshot.Now,
        }.WithController(snapshot.Service),
    };

    private static EndpointSlice Filled(EndpointSlice slice, Service service, ValueList<EndpointSlicePort> ports, IEnumerable<PodEndpoint> endpoints) => slice with
    {
        Metadata = slice.Metadata with
        {
            Labels = LabelsOf(service).SetItem(EndpointSlice.ServiceNameLabel, service.Name).SetItem(EndpointSlice.ManagedByLabel, Manager),
        },
        AddressType = "IPv4",
        Ports = ports,
        Endpoints = [.. endpoints.Select(endpoint => endpoint.ToEndpoint())],
    };

    private static IEnumerable<Write> EndpointsOf(EndpointsSnapshot snapshot, PodEndpoint[] endpoints, string missing)
    {
        PodEndpoint[] counted = [.. endpoints.Where(endpoint => endpoint.Conditions.Terminating != true)];
        ValueList<EndpointSubset> subsets =
        [
            .. counted
                .OrderByDescending(endpoint => endpoint.Conditions.Ready == true).Take(AddressesMax)
                .GroupBy(endpoint => endpoint.Ports)
                .Select(SubsetOf)
                .OrderBy(subset => subset.Ports.IsEmpty ? 0 : subset.Ports[0].Port),
        ];
        ValueMap<string> annotations = snapshot.Endpoints?.Metadata.Annotations ?? default;
        annotations = missing.Length > 0 ? annotations.SetItem(MissingPorts.Annotation, missing) : annotations.Remove(MissingPorts.Annotation);
        Endpoints wanted = (snapshot.Endpoints ?? NewEndpoints(snapshot)) with { Subsets = subsets };
        wanted = wanted with
        {
            Metadata = wanted.Metadata.WithController(snapshot.Service) with
            {
                Labels = LabelsOf(snapshot.Service),
                Annotations = counted.Length > AddressesMax ? annotations.SetItem(OverCapacity, "truncated") : annotations.Remove(OverCapacity),
            },
        };
        if (snapshot.Endpoints is null)
        {
            yield return new Write.Create(wanted);
        }
        else if (!wanted.Equals(snapshot.Endpoints))
        {
            yield return new Write.Update(wanted, ResourceParts.Desired);
        }
    }

    private static Endpoints NewEndpoints(EndpointsSnapshot snapshot) => new()
    {
        ApiVersion = ResourceKinds.Endpoints.ApiVersion,
        Kind = ResourceKinds.Endpoints.Kind,
        Metadata = new ObjectMeta
        {
            Name = snapshot.Service.Name,
            Namespace = snapshot.Service.Namespace,
            Uid = snapshot.Ids.Uid(),
            CreationTimestamp = snapshot.Now,
        },
    };

    private static EndpointSubset SubsetOf(IGrouping<ValueList<EndpointSlicePort>, PodEndpoint> alike) => new()
    {
        Addresses = [.. alike.Where(endpoint => endpoint.Conditions.Ready == true).Select(endpoint => endpoint.ToAddress())],
        NotReadyAddresses = [.. alike.Where(endpoint => endpoint.Conditions.Ready != true).Select(endpoint => endpoint.ToAddress())],
        Ports =
        [
            .. alike.Key.Select(port => new EndpointPort
            {
                Name = string.IsNullOrEmpty(port.Name) ? null : port.Name,
                Port = port.Port ?? 0,
                Protocol = port.Protocol,
                AppProtocol = port.AppProtocol,
            }),
        ],
    };

    private static ValueMap<string> LabelsOf(Service service) => service.Spec.ClusterIP == ServiceSpec.Headless
        ? service.Metadata.Labels.SetItem(HeadlessLabel, "")
        : service.Metadata.Labels.Remove(HeadlessLabel);
}
