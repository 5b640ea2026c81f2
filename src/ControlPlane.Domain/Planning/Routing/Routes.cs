using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What gateways are told of a Service, from its slices.</summary>
public static class Routes
{
    private const string Tcp = "tcp";

    /// <summary>Names of ports that are carried by request also where Services have no address.</summary>
    private static readonly string[] HttpNames = ["http", "http2", "h2c", "grpc"];

    /// <summary>One Service's routes.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="slices">All slices that name it, whoever writes them.</param>
    /// <param name="podOf">A pod by namespace and name, for the ReplicaSet that it belongs to.</param>
    /// <param name="traffic">Where a canary or blue-green sends its requests; null where none does.</param>
    public static ServiceRoute Of(Service service, IEnumerable<EndpointSlice> slices, Func<ObjectKey, Pod?> podOf, ServiceTraffic? traffic = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        EndpointSlice[] all = [.. slices];
        string? address = service.Spec.ClusterIP is { } given && given != ServiceSpec.Headless ? given : null;
        return new ServiceRoute
        {
            Namespace = service.Namespace,
            Name = service.Name,
            Uid = Guid.Parse(service.Uid),
            ClusterIP = address,
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
                    Protocol = ProtocolOf(port, isHeadless: address is null),
                    Endpoints = [.. all.SelectMany(slice => EndpointsOf(slice, service, port, podOf)).OrderBy(endpoint => endpoint.PodName, StringComparer.Ordinal).ThenBy(endpoint => endpoint.Port)],
                }),
            ],
        };
    }

    /// <summary>
    /// By connection where the port says <c>appProtocol: tcp</c>, or, saying no protocol, has a name such as <c>tcp</c> or <c>tcp-db</c>; else by request. Who asks for the addresses of pods
    /// themselves expects their bytes: a headless Service's port is carried by request only where its protocol or its name says that it can be.
    /// </summary>
    public static RouteProtocol ProtocolOf(ServicePort port, bool isHeadless)
    {
        ArgumentNullException.ThrowIfNull(port);
        bool isTcp = !string.IsNullOrEmpty(port.AppProtocol) ? string.Equals(port.AppProtocol, Tcp, StringComparison.OrdinalIgnoreCase)
            : isHeadless ? !HttpNames.Any(name => IsNamed(port, name))
            : IsNamed(port, Tcp);
        return isTcp ? RouteProtocol.Tcp : RouteProtocol.Http;
    }

    /// <summary>Such as <c>tcp</c> or <c>tcp-db</c>.</summary>
    private static bool IsNamed(ServicePort port, string protocol) => port.Name == protocol || port.Name?.StartsWith(protocol + "-", StringComparison.Ordinal) == true;

    private static IEnumerable<RouteEndpoint> EndpointsOf(EndpointSlice slice, Service service, ServicePort port, Func<ObjectKey, Pod?> podOf)
    {
        if (slice.Ports.FirstOrDefault(item => (item.Name ?? "") == (port.Name ?? "")) is not { Port: { } number })
        {
            yield break;
        }

        bool isHeadless = service.Spec.ClusterIP == ServiceSpec.Headless;
        foreach (Endpoint endpoint in slice.Endpoints)
        {
            string name = endpoint.TargetRef?.Name ?? "";
            Pod? pod = podOf(new ObjectKey(slice.Namespace, name));
            foreach (string address in endpoint.Addresses)
            {
                yield return new RouteEndpoint
                {
                    Pod = Guid.TryParse(endpoint.TargetRef?.Uid, out Guid uid) ? uid : Guid.Empty,
                    PodName = name,
                    ReplicaSet = pod?.Metadata.Controller is { } controller && controller.Kind == ResourceKinds.ReplicaSet.Kind ? controller.Name : null,
                    Node = endpoint.NodeName ?? "",
                    Address = address,
                    Port = number,
                    ContainerPort = isHeadless ? ContainerPortOf(pod, port) : null,
                    Hostname = isHeadless ? endpoint.Hostname ?? HostnameOf(pod, service) : null,
                    Ready = endpoint.Conditions?.Ready ?? true,
                    Serving = endpoint.Conditions?.Serving ?? endpoint.Conditions?.Ready ?? true,
                    Terminating = endpoint.Conditions?.Terminating ?? false,
                };
            }
        }
    }

    /// <summary>The number that the Service's port means in the pod: by the pod's spec, which does not change as what its node publishes does.</summary>
    private static int? ContainerPortOf(Pod? pod, ServicePort port)
    {
        IntOrString target = port.TargetPort ?? port.Port;
        return pod is null ? null
            : target.IsNumber ? target.Number
            : pod.Spec.LastingContainers().SelectMany(container => container.Ports).FirstOrDefault(declared => declared.Name == target.Text)?.Number;
    }

    /// <summary>Kubernetes: PodSpec.hostname and subdomain.</summary>
    private static string? HostnameOf(Pod? pod, Service service) => pod?.Spec.Subdomain == service.Name ? pod.Spec.Hostname : null;
}
