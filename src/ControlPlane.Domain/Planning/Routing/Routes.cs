using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What gateways are told of a Service, from its slices.</summary>
public static class Routes
{
    private const string Tcp = "tcp";

    /// <summary>What can be carried by request: HTTP/1.1 and HTTP/2 without TLS (Kubernetes' "Application protocol", IANA's service names, and what meshes call them).</summary>
    private static readonly HashSet<string> HttpProtocols = new(StringComparer.OrdinalIgnoreCase)
    {
        "http", "http2", "h2c", "grpc", "grpc-web", "ws", "kubernetes.io/h2c", "kubernetes.io/ws",
    };

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
    /// What the port says in <c>appProtocol</c>: by request for HTTP without TLS, by connection for all else (<c>tcp</c>, <c>https</c>, <c>kubernetes.io/wss</c>, what nobody here knows), whose bytes are not
    /// to be understood. Where it says nothing: by connection when its name begins with <c>tcp</c>, else by request. Who asks for the addresses of pods themselves expects their bytes: a headless
    /// Service's port that says no protocol is carried by request only where its name is <c>http</c>, <c>http-…</c> or the like.
    /// </summary>
    public static RouteProtocol ProtocolOf(ServicePort port, bool isHeadless)
    {
        ArgumentNullException.ThrowIfNull(port);
        bool isHttp = !string.IsNullOrEmpty(port.AppProtocol) ? HttpProtocols.Contains(port.AppProtocol)
            : isHeadless ? HttpNames.Any(name => port.Name == name || port.Name?.StartsWith(name + "-", StringComparison.Ordinal) == true)
            : port.Name?.StartsWith(Tcp, StringComparison.Ordinal) != true;
        return isHttp ? RouteProtocol.Http : RouteProtocol.Tcp;
    }

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
