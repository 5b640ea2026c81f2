using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// The Service by which the API shows itself, <c>default/kubernetes</c>, and its endpoint (Kubernetes: kubernetesservice controller). It is there for clients that
/// ask for it: pods have no credentials for the API, so no gateway listens at its address and no container is told of it.
/// </summary>
public static class ApiService
{
    /// <summary>Its port, whichever one the API listens on.</summary>
    private const int Port = 443;

    private const string PortName = "https";

    /// <summary>Tells those who copy Endpoints into slices that these have one already (Kubernetes: endpointslicemirroring controller).</summary>
    private const string SkipMirrorLabel = "endpointslice.kubernetes.io/skip-mirror";

    /// <summary>The name of the Service, of its Endpoints and of its slice.</summary>
    public static ObjectKey Key { get; } = new("default", "kubernetes");

    /// <summary>Whether a Service is the API's: somebody's own of that name chooses pods.</summary>
    public static bool Is(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.Key == Key && service.Spec.Selector.IsEmpty;
    }

    /// <summary>What is missing of it, or says another address. What else is written on the Service is left alone.</summary>
    public static Plan Plan(ApiServiceSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Facts.Address is not { } address || snapshot.Service is { Spec.Selector.IsEmpty: false } or { Metadata.IsDeleting: true })
        {
            return Planning.Plan.Nothing;
        }

        AllocationPlan? made = snapshot.Service is null ? NewService(snapshot, address) : null;
        return made is { Errors.IsEmpty: false }
            ? Planning.Plan.Nothing
            : new Plan
            {
                Preconditions = made?.Preconditions ?? default,
                Writes =
                [
                    .. made is null ? [] : made.Writes.Prepend(new Write.Create(made.Service)),
                    .. Write(EndpointsAt(address, snapshot), snapshot.Endpoints),
                    .. Write(SliceAt(address, snapshot), snapshot.Slice),
                ],
            };
    }

    /// <summary>The Service at the first address of the range, as in Kubernetes; at any where that one is taken.</summary>
    private static AllocationPlan NewService(ApiServiceSnapshot snapshot, ApiServerAddress address)
    {
        ServiceRanges ranges = snapshot.Facts.Ranges;
        Service service = (Service)ResourceRules.WithDefaults(new Service
        {
            ApiVersion = ResourceKinds.Service.ApiVersion,
            Kind = ResourceKinds.Service.Kind,
            Metadata = Meta(snapshot) with { Labels = ValueMap.Of(("component", "apiserver"), ("provider", "kubernetes")) },
            Spec = new ServiceSpec { Ports = [new ServicePort { Name = PortName, Port = Port, TargetPort = address.Port }] },
        });
        string first = ranges.Addresses.At(0);
        AllocationPlan plan = ServiceAllocations.Plan(service with { Spec = service.Spec with { ClusterIP = first, ClusterIPs = [first] } }, null, ranges, snapshot.Taken, snapshot.Ids);
        return plan.Errors.IsEmpty ? plan : ServiceAllocations.Plan(service, null, ranges, snapshot.Taken, snapshot.Ids);
    }

    private static Endpoints EndpointsAt(ApiServerAddress address, ApiServiceSnapshot snapshot) =>
        (snapshot.Endpoints ?? new Endpoints
        {
            ApiVersion = ResourceKinds.Endpoints.ApiVersion,
            Kind = ResourceKinds.Endpoints.Kind,
            Metadata = Meta(snapshot) with { Labels = ValueMap.Of((SkipMirrorLabel, "true")) },
        }) with
        {
            Subsets =
            [
                new EndpointSubset
                {
                    Addresses = [new EndpointAddress { Ip = address.Ip }],
                    Ports = [new EndpointPort { Name = PortName, Port = address.Port, Protocol = "TCP" }],
                },
            ],
        };

    private static EndpointSlice SliceAt(ApiServerAddress address, ApiServiceSnapshot snapshot) =>
        (snapshot.Slice ?? new EndpointSlice
        {
            ApiVersion = ResourceKinds.EndpointSlice.ApiVersion,
            Kind = ResourceKinds.EndpointSlice.Kind,
            Metadata = Meta(snapshot) with { Labels = ValueMap.Of((EndpointSlice.ServiceNameLabel, Key.Name)) },
            AddressType = "IPv4",
        }) with
        {
            Endpoints = [new Endpoint { Addresses = [address.Ip], Conditions = new EndpointConditions { Ready = true } }],
            Ports = [new EndpointSlicePort { Name = PortName, Port = address.Port, Protocol = "TCP" }],
        };

    private static IEnumerable<Write> Write(Resource wanted, Resource? stored) =>
        stored is null ? [new Write.Create(wanted)]
        : stored.Metadata.IsDeleting || wanted.Equals(stored) ? []
        : [new Write.Update(wanted, ResourceParts.Desired)];

    private static ObjectMeta Meta(ApiServiceSnapshot snapshot) =>
        new() { Name = Key.Name, Namespace = Key.Namespace, Uid = snapshot.Ids.Uid(), CreationTimestamp = snapshot.Now };
}

/// <summary>All that a pass over the API's Service may know.</summary>
public sealed record ApiServiceSnapshot
{
    /// <summary>Where the API is.</summary>
    public required ApiServerFacts Facts { get; init; }

    /// <summary>The Service of that name.</summary>
    public required Service? Service { get; init; }

    /// <summary>The Endpoints of that name.</summary>
    public required Endpoints? Endpoints { get; init; }

    /// <summary>The slice of that name.</summary>
    public required EndpointSlice? Slice { get; init; }

    /// <summary>What addresses are taken.</summary>
    public required ITakenAllocations Taken { get; init; }

    /// <summary>The time of the pass in whole seconds, as times are stored.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>For uids, and an address where the first is taken.</summary>
    public required IdSource Ids { get; init; }
}
