using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Routing;
using ControlPlane.Simulation.Scheduling;
using KeptRoutes = ControlPlane.Gateway.Control.KeptRoutes;

namespace ControlPlane.Simulation.Nodes;

/// <summary>
/// One life of a node's gateway: follows the routes, sends its clients' requests by them, and says what it acts on and what is still in flight. Connections and
/// requests are counts here; what it does with a table of another store is the product's own rule.
/// </summary>
internal sealed class SimulatedGateway
{
    // As the product's gateway has them.
    private static readonly TimeSpan RoutesTimeout = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Machine machine;
    private readonly Simulation simulation;
    private readonly Dice dice;
    private readonly string instance;
    private readonly Dictionary<Guid, List<Request>> inFlight = [];
    private readonly ServerChoice server;
    private readonly SimulatedClients clients;
    private RouteTable table;
    private HashSet<(Guid Pod, int Port)> open = [];
    private long sequence;
    private TaskCompletionSource news = new();

    public SimulatedGateway(Machine machine, Simulation simulation)
    {
        this.machine = machine;
        this.simulation = simulation;
        dice = simulation.Dice.Fork();
        server = new ServerChoice(machine, simulation);
        instance = dice.NewGuid().ToString("N");
        clients = new SimulatedClients(simulation);
        table = machine.RoutesOnDisk ?? new RouteTable { Store = "", Revision = 0 };
        open = OpenBy(table);
        foreach (SimulatedEngine engine in simulation.Engines)
        {
            engine.HasEnded += BreakConnections;
        }

        Process = new SimulatedProcess($"gateway of {machine.Name}", simulation.Scheduler, simulation.Trace.Break);
        Process.Start(FollowAsync);
        Process.Start(ReportAsync);
        Process.Start(CarryAsync);
    }

    public SimulatedProcess Process { get; }

    public string Instance => instance;

    /// <summary>The table that it acts on.</summary>
    public RouteTable Table => table;

    /// <summary>How a container is still used: the next request may go to it, or some are in flight to it. Null when it is not.</summary>
    public string? UseOf(ObservedContainer container)
    {
        Guid pod = Guid.Parse(container.Identity.PodUid);
        int port = container.HostPorts[0].Port;
        return open.Contains((pod, port)) ? "sends requests to it"
            : inFlight.TryGetValue(pod, out List<Request>? requests) && requests.Count(request => request.Port == port) is > 0 and var count ? $"has {count} in flight to it"
            : null;
    }

    private static IEnumerable<RouteEndpoint> EndpointsOf(RouteTable table) =>
        KeptRoutes.Effective(table).SelectMany(service => service.Ports).SelectMany(port => port.Endpoints);

    private async Task FollowAsync()
    {
        long after = 0;
        string store = "";
        while (true)
        {
            try
            {
                if (await server.CallAsync(replica => replica.RoutesAsync(after, store), RoutesTimeout, CancellationToken.None) is { } next)
                {
                    await TakeAsync(next);
                    (after, store) = (table.Revision, table.Store);
                }

                await Task.Delay(dice.Milliseconds(20, 40), Process.Time);
            }
            catch (ControlPlaneException)
            {
                await Task.Delay(RetryDelay, Process.Time);
            }
        }
    }

    private async Task TakeAsync(RouteTable next)
    {
        if (next.Store == table.Store && next.Revision < table.Revision)
        {
            return;
        }

        await Task.Delay(dice.Milliseconds(0, 50), Process.Time);
        table = KeptRoutes.Carry(table, next, machine.Name);
        open = OpenBy(table);
        machine.RoutesOnDisk = table;
        simulation.Choices.CheckTable(machine.Name, table);
        news.TrySetResult();
    }

    private async Task ReportAsync()
    {
        while (true)
        {
            news = new TaskCompletionSource();
            GatewayReport report = new()
            {
                Instance = instance,
                Store = table.Store,
                Acknowledged = table.Revision,
                Sequence = ++sequence,
                Draining = [.. Draining()],
                Traffic = clients.Figures,
            };
            try
            {
                await server.CallAsync(replica => replica.GatewayReportsAsync(machine.Name, report), ReportTimeout, CancellationToken.None);
                await Task.WhenAny(news.Task, Task.Delay(ReportInterval, Process.Time));
            }
            catch (ControlPlaneException)
            {
                await Task.Delay(RetryDelay, Process.Time);
            }
        }
    }

    private IEnumerable<DrainingEndpoint> Draining()
    {
        HashSet<Guid> taking = [.. EndpointsOf(table).Where(endpoint => endpoint.Ready).Select(endpoint => endpoint.Pod)];
        return inFlight.Where(pod => !taking.Contains(pod.Key)).Select(pod => new DrainingEndpoint(pod.Key, pod.Value.Count));
    }

    /// <summary>As the product's gateway: when no endpoint is ready, those that are on their way out, still serve, and have never been closed.</summary>
    private IEnumerable<RouteEndpoint> OpenOf(PortRoute route) =>
        route.Endpoints.Any(endpoint => endpoint.Ready)
            ? route.Endpoints.Where(endpoint => endpoint.Ready)
            : route.Endpoints.Where(endpoint => endpoint.Terminating && endpoint.Serving && open.Contains((endpoint.Pod, endpoint.Port)));

    private HashSet<(Guid Pod, int Port)> OpenBy(RouteTable next) =>
        [.. KeptRoutes.Effective(next).SelectMany(service => service.Ports).SelectMany(OpenOf).Select(endpoint => (endpoint.Pod, endpoint.Port))];

    /// <summary>Clients' requests, a few a second.</summary>
    private async Task CarryAsync()
    {
        while (true)
        {
            await Task.Delay(dice.Milliseconds(50, 800), Process.Time);
            (ServiceRoute Service, PortRoute Port)[] ports = [.. KeptRoutes.Effective(table).SelectMany(service => service.Ports.Select(port => (service, port)))];
            if (ports.Length == 0)
            {
                continue;
            }

            (ServiceRoute service, PortRoute port) = dice.Of(ports);
            RouteEndpoint[] all = [.. OpenOf(port)];
            RouteEndpoint[] choice = clients.Divide(service, all);
            if (choice.Length > 0)
            {
                RouteEndpoint chosen = dice.Of(choice);
                simulation.Choices.Check(machine.Name, table, service, all, chosen);
                Process.Start(() => RequestAsync(service.Uid, chosen));
            }
        }
    }

    /// <summary>A request ends with its answer, or with the container.</summary>
    private async Task RequestAsync(Guid service, RouteEndpoint endpoint)
    {
        if (!inFlight.TryGetValue(endpoint.Pod, out List<Request>? requests))
        {
            inFlight[endpoint.Pod] = requests = [];
        }

        Request request = new(endpoint.Port);
        requests.Add(request);
        await Task.WhenAny(request.Broken.Task, Task.Delay(Duration(), Process.Time));
        requests.Remove(request);
        clients.Ended(service, endpoint, isCut: request.Broken.Task.IsCompleted);
        if (requests.Count == 0)
        {
            inFlight.Remove(endpoint.Pod);
            news.TrySetResult();
        }
    }

    private void BreakConnections(ObservedContainer ended) => Process.Post(
        _ =>
        {
            foreach (Request request in inFlight.GetValueOrDefault(Guid.Parse(ended.Identity.PodUid))?.Where(request => request.Port == ended.HostPorts[0].Port).ToList() ?? [])
            {
                request.Broken.TrySetResult();
            }
        },
        null);

    private TimeSpan Duration() => dice.Below(100) switch
    {
        < 90 => dice.Milliseconds(2, 500),
        < 99 => dice.Milliseconds(500, 15_000),
        _ => dice.Milliseconds(15_000, 60_000),
    };

    private sealed record Request(int Port)
    {
        public TaskCompletionSource Broken { get; } = new();
    }
}
