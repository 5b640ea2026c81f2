using System.Net;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Names;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Traffic;

/// <summary>Where the gateway shall listen, and for which port.</summary>
internal sealed record ListenAddress(IPEndPoint EndPoint, ServicePort Port, bool IsShared);

/// <summary>
/// The table that is acted on, as live ports and endpoints. <see cref="Apply"/> returns when nothing new can reach what the table does not list as ready:
/// from then on it may be acknowledged.
/// </summary>
internal sealed class Router(GatewayOptions options, NodeNetworks networks, PodAddresses podAddresses, TrafficMeter meter, TimeProvider time, ILogger<Router> log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<PortKey, ServicePort> ports = [];
    private Dictionary<EndpointKey, ServicePort> podPorts = [];
    private Dictionary<PortKey, ValueList<KeptClient>> restored = [];
    private Dictionary<Guid, TrafficPolicy> policies = [];
    private Dictionary<EndpointKey, Endpoint> endpoints = [];
    private List<Endpoint> leaving = [];

    /// <summary>Called when an endpoint that takes nothing new has nothing in flight any more.</summary>
    public Action Drained { get; set; } = static () => { };

    /// <summary>Takes a table over; returns where to listen for it.</summary>
    public IReadOnlyList<ListenAddress> Apply(RouteTable table)
    {
        lock (gate)
        {
            Dictionary<EndpointKey, Endpoint> listed = [];
            HashSet<PortKey> kept = [];
            List<ListenAddress> listening = [];
            List<(Endpoint Endpoint, bool IsOpen)> doors = [];
            Dictionary<Guid, TrafficPolicy> divided = [];
            IReadOnlyList<ServiceRoute> services = KeptRoutes.Effective(table);
            foreach (ServiceRoute service in services)
            {
                divided[service.Uid] = TrafficPolicy.Of(
                    service, policies.GetValueOrDefault(service.Uid, TrafficPolicy.None), why => log.HeaderRouteUnusable($"{service.Namespace}/{service.Name}", why));
                foreach (PortRoute route in service.Ports)
                {
                    PortKey key = new(service.Uid, route.Port, route.Name);
                    kept.Add(key);
                    listening.AddRange(ListeningOf(service, route, ApplyPort(key, service, route, divided[service.Uid], listed, doors)));
                }
            }

            foreach ((PortKey key, ValueList<KeptClient> clients) in restored)
            {
                ports.GetValueOrDefault(key)?.Restore(clients, client => listed.GetValueOrDefault(new EndpointKey(key, client.Pod, client.Address, client.Number)));
            }

            restored = [];
            foreach ((PortKey key, ServicePort port) in ports.Where(entry => !kept.Contains(entry.Key)).ToList())
            {
                port.Set([], port.Protocol, TimeSpan.Zero, TrafficPolicy.None, mayWarmUp: false);
                ports.Remove(key);
            }

            // In this order: what is chosen from changes first, and only then are doors closed, so that whoever finds one closed finds another choice.
            List<Endpoint> removed = [.. endpoints.Where(entry => !listed.ContainsKey(entry.Key)).Select(entry => entry.Value)];
            doors.ForEach(door => door.Endpoint.Open(door.IsOpen));
            removed.ForEach(endpoint => endpoint.Open(open: false));
            leaving = [.. leaving.Concat(removed).Where(endpoint => endpoint.Pending > 0)];
            endpoints = listed;
            listening.AddRange(ListeningOfPods(services));
            policies = divided;
            meter.SetListed([.. listed.Values.Select(endpoint => endpoint.Traffic.Key), .. divided.Keys.Select(TrafficMeter.KeyOfNone)]);
            return listening;
        }
    }

    /// <summary>The clients that are kept to their endpoints, for a gateway that comes after this one.</summary>
    public ValueList<KeptClients> Clients()
    {
        lock (gate)
        {
            return
            [
                .. from entry in ports
                   let clients = entry.Value.Clients()
                   where !clients.IsEmpty
                   select new KeptClients { Service = entry.Key.Service, Port = entry.Key.Port, Name = entry.Key.Name, Clients = clients },
            ];
        }
    }

    /// <summary>Takes over what a gateway before this one knew of clients; shows with the first table.</summary>
    public void Restore(ValueList<KeptClients> clients)
    {
        lock (gate)
        {
            restored = clients.ToDictionary(port => new PortKey(port.Service, port.Port, port.Name), port => port.Clients);
        }
    }

    /// <summary>What is in flight to pods that the table does not list as ready anywhere.</summary>
    public ValueList<DrainingEndpoint> Draining()
    {
        lock (gate)
        {
            HashSet<Guid> ready = [.. endpoints.Values.Where(endpoint => endpoint.Route.Ready).Select(endpoint => endpoint.Route.Pod)];
            leaving.RemoveAll(endpoint => endpoint.Pending == 0);
            return
            [
                .. from endpoint in endpoints.Values.Concat(leaving)
                   where !ready.Contains(endpoint.Route.Pod)
                   group endpoint.Pending by endpoint.Route.Pod into pod
                   where pod.Sum() > 0
                   orderby pod.Key
                   select new DrainingEndpoint(pod.Key, pod.Sum()),
            ];
        }
    }

    /// <summary>When somebody who was told of a closed endpoint is no longer expected, if that is sooner: then there may be news of what drains.</summary>
    public TimeSpan UntilNews(TimeSpan atMost)
    {
        lock (gate)
        {
            return endpoints.Values.Concat(leaving).Select(endpoint => endpoint.ExpectedFor).Where(left => left > TimeSpan.Zero).Append(atMost).Min();
        }
    }

    private ServicePort ApplyPort(
        PortKey key,
        ServiceRoute service,
        PortRoute route,
        TrafficPolicy policy,
        Dictionary<EndpointKey, Endpoint> listed,
        List<(Endpoint Endpoint, bool IsOpen)> doors)
    {
        bool isNewPort = !ports.TryGetValue(key, out ServicePort? port);
        if (port is null)
        {
            port = new ServicePort($"{service.Namespace}/{service.Name}:{route.Port}", time, Random.Shared.Next) { Unserved = meter.OfNone(service) };
            ports.Add(key, port);
        }

        // As Kubernetes' proxy: when no endpoint is ready, terminating ones that still serve are better than none. But not those that have been closed once: they may count as drained, and be stopped any moment.
        TimeSpan slowStart = TimeSpan.FromMilliseconds(service.SlowStartMs ?? 0);
        bool hasReady = route.Endpoints.Any(endpoint => endpoint.Ready);
        List<Endpoint> open = [];
        foreach (RouteEndpoint target in route.Endpoints)
        {
            EndpointKey endpointKey = new(key, target.Pod, target.Address, target.Port);
            bool wasReady = endpoints.TryGetValue(endpointKey, out Endpoint? endpoint) && endpoint.Route.Ready;
            endpoint ??= new Endpoint(target, meter.Of(service, target), time, () => Drained());

            // How long the pods of a port have been ready that this gateway has only just heard of, it cannot know.
            endpoint.WarmUpFor(slowStart, begins: target.Ready && !wasReady && !isNewPort);
            endpoint.Route = target;
            listed[endpointKey] = endpoint;
            bool isOpen = hasReady ? target.Ready : target.Terminating && target.Serving && endpoint.IsOpen;
            doors.Add((endpoint, isOpen));
            if (isOpen)
            {
                // Opened before it can be chosen.
                endpoint.Open(open: true);
                open.Add(endpoint);
            }
        }

        TimeSpan keptFor = service.SessionAffinity == SessionAffinity.ClientIP
            ? TimeSpan.FromSeconds(service.AffinityTimeoutSeconds ?? DefaultAffinitySeconds)
            : TimeSpan.Zero;
        port.Set([.. open], route.Protocol, keptFor, policy, slowStart > TimeSpan.Zero);
        return port;
    }

    /// <summary>Kubernetes' default: three hours.</summary>
    private const int DefaultAffinitySeconds = 10_800;

    /// <summary>
    /// A cluster address is listened on where it is this machine's without further ado, which is so for all of 127.0.0.0/8; gateways of several nodes on one machine share it.
    /// The pods of a node have an address of their own for it: those of its bridge on Docker, else loopback addresses.
    /// </summary>
    private IEnumerable<ListenAddress> ListeningOf(ServiceRoute service, PortRoute route, ServicePort port)
    {
        if (route.NodePort is { } nodePort)
        {
            yield return new ListenAddress(new IPEndPoint(options.NodeAddress, nodePort), port, IsShared: false);
        }

        if (IPAddress.TryParse(service.ClusterIP, out IPAddress? address) && IPAddress.IsLoopback(address))
        {
            yield return new ListenAddress(new IPEndPoint(address, route.Port), port, IsShared: true);
        }

        if (networks.Current is { } network && network.AddressOf(service.ClusterIP) is { } forPods)
        {
            yield return new ListenAddress(new IPEndPoint(IPAddress.Parse(forPods), route.Port), port, IsShared: !network.HasBridge);
        }
    }

    /// <summary>The pods of headless Services, each at its own address, on the ports of its containers. Where two Services have the same one of a pod, the first has it.</summary>
    private List<ListenAddress> ListeningOfPods(IReadOnlyList<ServiceRoute> services)
    {
        ILookup<PortKey, KeyValuePair<EndpointKey, Endpoint>> byPort = endpoints.ToLookup(entry => entry.Key.Port);
        List<PodPort> all =
        [
            .. from service in services
               from route in service.Ports
               from entry in byPort[new PortKey(service.Uid, route.Port, route.Name)]
               where PodAddresses.HasOwn(service, entry.Value.Route)
               select new PodPort(service, route, entry.Key, entry.Value),
        ];
        podAddresses.Set(services, all.GroupBy(one => (one.Service.Uid, one.Key.Pod)).ToDictionary(group => group.Key, group => group.Select(one => one.Endpoint).ToArray()));
        Dictionary<IPEndPoint, ListenAddress> listening = [];
        Dictionary<EndpointKey, ServicePort> used = [];
        if (networks.Current is { HasBridge: true } network)
        {
            foreach ((ServiceRoute service, PortRoute route, EndpointKey key, Endpoint endpoint) in all)
            {
                if (podAddresses.Find(key.Pod, network) is not { } address)
                {
                    continue;
                }

                ServicePort port = podPorts.GetValueOrDefault(key) ?? new ServicePort($"{service.Namespace}/{service.Name}:{route.Port} at {endpoint.Route.PodName}", time, Random.Shared.Next);
                port.Set([endpoint], route.Protocol, TimeSpan.Zero, TrafficPolicy.None, mayWarmUp: false);
                used[key] = port;
                IPEndPoint at = new(address, endpoint.Route.ContainerPort!.Value);
                listening.TryAdd(at, new ListenAddress(at, port, IsShared: false));
            }
        }

        podPorts = used;
        return [.. listening.Values];
    }

    private sealed record PodPort(ServiceRoute Service, PortRoute Route, EndpointKey Key, Endpoint Endpoint);

    private readonly record struct PortKey(Guid Service, int Port, string? Name);

    private readonly record struct EndpointKey(PortKey Port, Guid Pod, string Address, int Number);
}
