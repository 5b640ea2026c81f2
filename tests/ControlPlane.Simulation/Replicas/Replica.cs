using ControlPlane.Api.Agents;
using ControlPlane.Api.Gateways;
using ControlPlane.Api.Hosting;
using ControlPlane.Api.Requests;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Reconciler;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ControlPlane.Simulation.Replicas;

/// <summary>One life of a replica of the control plane: the real reconciler, the real handling of reports and requests, over a cache and a link of its own.</summary>
internal sealed class Replica
{
    private readonly ReportHandler reports;
    private readonly ImageHandler images;
    private readonly HeldDesired desired;
    private readonly HeldRoutes routes;
    private readonly SimulatedGatewayPresence gateways;

    public Replica(string name, int life, Simulation simulation)
    {
        Scheduler scheduler = simulation.Scheduler;
        Name = name;
        Process = new SimulatedProcess(name, scheduler, simulation.Trace.Break);
        DatabaseLink link = new(simulation.Database, Process, scheduler, simulation.Faults, simulation.Dice.Fork());
        IResourceCache cache = simulation.Plant.OnCache(new ReplicaCache(simulation.Database, Process, scheduler, link));
        IResourceStore store = simulation.Plant.OnStore(link);
        Reader = new CacheReader(cache, new SimulatedTables(simulation.Database, link), Process.Time);
        ServiceAllocator allocator = new(Reader, Options.Create(new ApiOptions()), simulation.Dice.Fork().NewGuid);
        Updater = new Updater(store, Reader, allocator, new QuotaCharges(Reader), Process.Time, simulation.Dice.Fork().NewGuid);
        Deleter = new Deleter(Updater, Reader, new NodeTokens(new NoTokens()), Process.Time);
        SimulatedPresence presence = new(simulation.Database, link, scheduler, Process.Time);
        AgentSessions sessions = new(Process.Time);
        reports = new ReportHandler(store, Reader, sessions, presence, Process.Time, simulation.Dice.Fork().NewGuid);
        images = new ImageHandler(store, Reader);
        NodeAssignments assignments = new(cache, sessions, Options.Create(new ApiOptions()), Process.Time, NullLogger<NodeAssignments>.Instance);
        desired = new HeldDesired(assignments, Process.Time);
        RouteTables tables = new(simulation.Plant.OnRoutesCache(cache), Process.Time, NullLogger<RouteTables>.Instance);
        routes = new HeldRoutes(tables, Process.Time);
        gateways = new SimulatedGatewayPresence(simulation.Database, link, scheduler, Process.Time);
        LeaderLoop loop = new(
            store,
            simulation.Plant.OnLeadersCache(new LeadersCache(cache, link)),
            new SimulatedLease(simulation.Database, link, scheduler, $"{name}-{life}"),
            presence,
            simulation.Plant.OnGateways(gateways),
            Process.Time,
            new ReconcilerOptions { Seed = simulation.Dice.NextUInt64() },
            NullLogger.Instance);
        Process.Start(presence.RunAsync);
        Process.Start(gateways.RunAsync);
        Process.Start(() => tables.RunAsync(CancellationToken.None));
        Process.Start(() => assignments.RunAsync(CancellationToken.None));
        Process.Start(() => loop.RunAsync(CancellationToken.None));
    }

    public string Name { get; }

    public SimulatedProcess Process { get; }

    public CacheReader Reader { get; }

    public Updater Updater { get; }

    public Deleter Deleter { get; }

    /// <summary>Takes a report as it comes over the wire: as JSON, in which an empty text is none.</summary>
    public Task<ReportReply> ReportAsync(string node, NodeReport report) =>
        reports.HandleAsync(node, ResourceJson.Deserialize<NodeReport>(ResourceJson.Serialize(report)), CancellationToken.None);

    public Task<ImageReply> ResolveImageAsync(string node, ImageReport report) => images.HandleAsync(node, report, CancellationToken.None);

    public Task<RouteTable?> RoutesAsync(long after, string store) => routes.NextAsync(after, store);

    public Task<bool> GatewayReportsAsync(string node, GatewayReport report)
    {
        gateways.Note(node, ResourceJson.Deserialize<GatewayReport>(ResourceJson.Serialize(report)));
        return Task.FromResult(true);
    }

    public Task<DesiredState> DesiredAsync(string node, long after, string store) => desired.NextAsync(node, after, store);
}
