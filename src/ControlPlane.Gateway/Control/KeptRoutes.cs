using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Control;

/// <summary>
/// What becomes of routes when the control plane's store is another one: nothing stops because the control plane has forgotten it. A Service's old route stays until the new store
/// has a ready endpoint for a Service of that name, until a person has confirmed for this node that the store was replaced, or until the old store is back.
/// </summary>
internal static class KeptRoutes
{
    /// <summary>The next table, with what is kept beside it.</summary>
    /// <param name="known">The table until now, with what was kept beside it.</param>
    /// <param name="next">As the control plane sent it.</param>
    /// <param name="node">This gateway's node.</param>
    public static RouteTable Carry(RouteTable known, RouteTable next, string node)
    {
        IEnumerable<KeptRoute> candidates = known.Store.Length > 0 && known.Store != next.Store
            ? known.Services.Select(route => new KeptRoute(known.Store, route)).Concat(known.Kept)
            : known.Kept;
        HashSet<string> replaced = [.. next.ReplacedStores.Where(item => item.Node == node).SelectMany(item => item.Stores)];
        HashSet<(string, string)> served = [.. next.Services.Where(HasReadyEndpoint).Select(NameOf)];
        HashSet<Guid> listed = [.. next.Services.SelectMany(service => service.Ports).SelectMany(port => port.Endpoints).Select(endpoint => endpoint.Pod)];
        return next with
        {
            Kept =
            [
                .. from candidate in candidates.DistinctBy(candidate => NameOf(candidate.Route))
                   where candidate.Store != next.Store && !replaced.Contains(candidate.Store) && !served.Contains(NameOf(candidate.Route))
                   let route = Without(candidate.Route, listed)
                   where route.Ports.Any(port => !port.Endpoints.IsEmpty)
                   select candidate with { Route = route },
            ],
        };
    }

    /// <summary>What is acted on: the table's Services and those kept, which come last, so that an address that both want stays with the one that has endpoints.</summary>
    public static IReadOnlyList<ServiceRoute> Effective(RouteTable table)
    {
        if (table.Kept.IsEmpty)
        {
            return table.Services;
        }

        Dictionary<Guid, ServiceRoute> kept = table.Kept.DistinctBy(item => item.Route.Uid).ToDictionary(item => item.Route.Uid, item => item.Route);
        HashSet<Guid> known = [.. table.Services.Select(service => service.Uid)];
        return
        [
            .. table.Services.Select(service => kept.TryGetValue(service.Uid, out ServiceRoute? before) ? With(service, before) : service),
            .. kept.Values.Where(route => !known.Contains(route.Uid)),
        ];
    }

    private static (string Namespace, string Name) NameOf(ServiceRoute service) => (service.Namespace, service.Name);

    private static bool HasReadyEndpoint(ServiceRoute service) => service.Ports.Any(port => port.Endpoints.Any(endpoint => endpoint.Ready));

    /// <summary>What the new store says of a pod holds, be it that the pod takes nothing new.</summary>
    private static ServiceRoute Without(ServiceRoute service, HashSet<Guid> pods) => service with
    {
        Ports = [.. service.Ports.Select(port => port with { Endpoints = [.. port.Endpoints.Where(endpoint => !pods.Contains(endpoint.Pod))] })],
    };

    /// <summary>
    /// The same Service in a restored store, without a ready endpoint there. Its ports may be others than they were when the routes were kept: each leads to what the one of the same number led to,
    /// else that of the same name, and an old port that it no longer has stays open.
    /// </summary>
    private static ServiceRoute With(ServiceRoute service, ServiceRoute before) => service with
    {
        Ports =
        [
            .. service.Ports.Select(port => port with { Endpoints = [.. port.Endpoints, .. EndpointsFor(port, before)] }),
            .. before.Ports.Where(old => service.Ports.All(port => port.Port != old.Port)),
        ],
    };

    /// <summary>By number first, for that is what clients connect to.</summary>
    private static ValueList<RouteEndpoint> EndpointsFor(PortRoute port, ServiceRoute before) =>
        (before.Ports.FirstOrDefault(old => old.Port == port.Port) ?? before.Ports.FirstOrDefault(old => old.Name == port.Name && !string.IsNullOrEmpty(port.Name)))?.Endpoints ?? default;
}
