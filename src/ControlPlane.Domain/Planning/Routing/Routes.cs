using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What gateways are told of a Service, from its slices.</summary>
public static class Routes
{
    private const string Tcp = "tcp";

    /// <summary>One Service's routes.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="slices">All slices that name it, whoever writes them.</param>
    /// <param name="podOf">A pod by namespace and name, for the ReplicaSet that it belongs to.</param>
    /// <param name="traffic">Where a canary or blue-green sends its requests; null where none does.</param>
    public static ServiceRoute Of(Service service, IEnumerable<EndpointSlice> slices, Func<ObjectKey, Pod?> podOf, ServiceTraffic? traffic = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        EndpointSlice[] all = [.. slices];
        return new ServiceRoute
        {
            Namespace = service.Namespace,
            Name = service.Name,
            Uid = Guid.Parse(service.Uid),
            ClusterIP = service.Spec.ClusterIP is { } address && address != ServiceSpec.Headless ? address : null,
            SessionAffinity = service.Spec.SessionAffinity == nameof(SessionAffinity.ClientIP) ? SessionAffinity.ClientIP : SessionAffinity.None,
            AffinityTimeoutSeconds = service.Spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds,
            SlowStartMs = SlowStart.WindowOf(service) is { Ticks: > 0 } window ? (int)window.TotalMilliseconds : null,
            Shares = traffic?.Shares ?? default,
            HeaderRoutes = traffic?.HeaderRoutes ?? default,
            Ports =
            [
                .. service.Spec.Ports.Select(port => new PortRoute
                {
                    Name = port.Name,
                    Port = port.Port,
                    NodePort = port.NodePort,
                    Protocol = ProtocolOf(port),
                    Endpoints = [.. all.SelectMany(slice => EndpointsOf(slice, port, podOf)).OrderBy(endpoint => endpoint.PodName, StringComparer.Ordinal).ThenBy(endpoint => endpoint.Port)],
                }),
            ],
        };
    }

    /// <summary>By connection where the port says <c>appProtocol: tcp</c>, or, saying no protocol, has a name such as <c>tcp</c> or <c>tcp-db</c>; else by request.</summary>
    public static RouteProtocol ProtocolOf(ServicePort port)
    {
        ArgumentNullException.ThrowIfNull(port);
        bool isTcp = string.IsNullOrEmpty(port.AppProtocol)
            ? port.Name is Tcp || port.Name?.StartsWith(Tcp + "-", StringComparison.Ordinal) == true
            : string.Equals(port.AppProtocol, Tcp, StringComparison.OrdinalIgnoreCase);
        return isTcp ? RouteProtocol.Tcp : RouteProtocol.Http;
    }

    private static IEnumerable<RouteEndpoint> EndpointsOf(EndpointSlice slice, ServicePort port, Func<ObjectKey, Pod?> podOf)
    {
        if (slice.Ports.FirstOrDefault(item => (item.Name ?? "") == (port.Name ?? "")) is not { Port: { } number })
        {
            yield break;
        }

        foreach (Endpoint endpoint in slice.Endpoints)
        {
            string pod = endpoint.TargetRef?.Name ?? "";
            foreach (string address in endpoint.Addresses)
            {
                yield return new RouteEndpoint
                {
                    Pod = Guid.TryParse(endpoint.TargetRef?.Uid, out Guid uid) ? uid : Guid.Empty,
                    PodName = pod,
                    ReplicaSet = podOf(new ObjectKey(slice.Namespace, pod))?.Metadata.Controller is { } controller && controller.Kind == ResourceKinds.ReplicaSet.Kind
                        ? controller.Name
                        : null,
                    Node = endpoint.NodeName ?? "",
                    Address = address,
                    Port = number,
                    Ready = endpoint.Conditions?.Ready ?? true,
                    Serving = endpoint.Conditions?.Serving ?? endpoint.Conditions?.Ready ?? true,
                    Terminating = endpoint.Conditions?.Terminating ?? false,
                };
            }
        }
    }
}
