using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Disruptions;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Reconciler.Queue;
using ControlPlane.Reconciler.Worlds;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Reconciler.Passes;

/// <summary>Makes a key's plans from the world. Several plans of one key are independent of each other.</summary>
/// <param name="presence">The nodes' signs of life.</param>
/// <param name="gateways">What the gateways last said.</param>
/// <param name="options">When keys that run by the clock come again.</param>
/// <param name="time">What <c>Now</c> is.</param>
/// <param name="seeds">A seed for each plan's ids.</param>
/// <param name="figures">Where it is counted that evictions stop.</param>
/// <param name="logger">Says when evictions stop and go on.</param>
internal sealed class PassPlanner(
    INodePresence presence, IGatewayPresence gateways, ReconcilerOptions options, TimeProvider time, Func<ulong> seeds, ReconcilerFigures figures, ILogger logger)
{
    private static readonly IReadOnlyDictionary<string, TimeSpan> NoAges = new Dictionary<string, TimeSpan>();

    private readonly AnalysisWindows windows = new(gateways, logger);
    private long heardSince = time.GetTimestamp();

    /// <summary>The time in whole seconds, as times are stored.</summary>
    public DateTimeOffset Now => time.GetUtcNow() is var now ? now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)) : default;

    public async ValueTask<IReadOnlyList<Plan>> PlanAsync(WorkKey key, World world, CancellationToken cancellationToken) => key.Kind switch
    {
        WorkKind.Deployment => await PlanDeploymentAsync(world, key.ObjectKey, cancellationToken),
        WorkKind.ReplicaSet => PlanReplicaSet(world, key.ObjectKey),
        WorkKind.PendingPods => PendingPods.Plan(world.UnboundPods, world.Cluster, Now),
        WorkKind.NodeHealth => await PlanNodeHealthAsync(world, cancellationToken),
        WorkKind.TaintEviction => TaintEviction.Plan(world.Cluster.Nodes.Select(state => state.Node), node => world.PodsByNode[node], Now),
        WorkKind.Dependants => OwnerDeletion.Plan(world.FindByUid(key.Name), world.Dependants[key.Name], world, Now),
        WorkKind.NamespaceEnd => PlanNamespaceEnd(world, key.Name),
        WorkKind.EventExpiry => EventExpiry.Plan(world.All<Event>(), Now),
        WorkKind.Endpoints => PlanEndpoints(world, key.ObjectKey),
        WorkKind.DisruptionBudget => PlanBudget(world, key.ObjectKey),
        WorkKind.Quota => world.Find<ResourceQuota>(key.ObjectKey) is { } quota ? [QuotaAccounting.Plan(quota, world.ByNamespace[quota.Namespace])] : [],
        WorkKind.NamespaceObjects => PlanNamespaceObjects(world, key.Name),
        WorkKind.ApiService => PlanApiService(world),
        WorkKind.Policy => PlanPolicy(world, key.ObjectKey),
        WorkKind.Drain => await PlanDrainAsync(world, cancellationToken),
        WorkKind.EndedPods => EndedPods.Plan(world.All<Pod>(), options.EndedPodsMax, Now),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key.Kind, "no such kind of work"),
    };

    /// <summary>When a key comes again by the clock alone; null when only a change brings it back.</summary>
    public TimeSpan? PeriodOf(WorkKey key, IReadOnlyList<Plan> plans) => key.Kind switch
    {
        WorkKind.NodeHealth => options.NodeHealthInterval,
        WorkKind.EventExpiry when plans.Count == EventExpiry.BatchMax => TimeSpan.Zero,
        WorkKind.EventExpiry => options.EventExpiryInterval,
        WorkKind.EndedPods when plans.Count == EndedPods.BatchMax => TimeSpan.Zero,
        WorkKind.EndedPods => options.EndedPodsInterval,
        _ => plans.Min(plan => plan.RecheckAfter),
    };

    private async ValueTask<Plan[]> PlanDeploymentAsync(World world, ObjectKey key, CancellationToken cancellationToken)
    {
        if (world.Find<Deployment>(key) is not { } deployment)
        {
            return [];
        }

        DateTimeOffset exact = time.GetUtcNow();
        DateTimeOffset now = Now;
        WorkloadSnapshot snapshot = Snapshots.OfDeployment(world, deployment, now, new IdSource(seeds())) with { NowRoundedUp = exact > now ? now.AddSeconds(1) : now };
        if (snapshot.State?.Spec.Analysis is { } analysis)
        {
            snapshot = snapshot with { Traffic = await windows.ReadAsync(world, deployment, analysis, Now, cancellationToken) };
        }

        return [WorkloadPlanner.Plan(snapshot)];
    }

    private Plan[] PlanPolicy(World world, ObjectKey key) => world.Find<RolloutPolicy>(key) is not { } policy ? [] :
    [
        PolicyStatuses.Plan(
            policy,
            world.PoliciesByNamespace[policy.Namespace],
            world.DeploymentsByNamespace[policy.Namespace],
            deployment => Snapshots.StateOf(world, deployment),
            Now,
            name => world.Find<Service>(new ObjectKey(policy.Namespace, name))),
    ];

    /// <summary>A ReplicaSet that a Deployment controls is planned with it.</summary>
    private Plan[] PlanReplicaSet(World world, ObjectKey key) =>
        world.Find<ReplicaSet>(key) is { } replicaSet && !Triggers.IsOfDeployment(replicaSet)
            ? [WorkloadPlanner.Plan(Snapshots.OfReplicaSet(world, replicaSet, Now, new IdSource(seeds())))]
            : [];

    private Plan[] PlanEndpoints(World world, ObjectKey key) => world.Find<Service>(key) is not { } service ? [] :
    [
        EndpointsPlanner.Plan(new EndpointsSnapshot
        {
            Service = service,
            Pods = world.PodsByNamespace[service.Namespace],
            Slices = [.. world.Dependants[service.Uid].OfType<EndpointSlice>().Where(slice => slice.Metadata.Controller?.Uid == service.Uid)],
            Endpoints = world.Find<Endpoints>(key),
            Now = Now,
            Ids = new IdSource(seeds()),
        }),
    ];

    private Plan[] PlanBudget(World world, ObjectKey key) => world.Find<PodDisruptionBudget>(key) is not { } budget ? [] :
        [DisruptionBudgets.Plan(budget, world.PodsByNamespace[budget.Namespace], pod => ControllerOf(world, pod), Now)];

    /// <summary>What keeps the number of a pod's like: its ReplicaSet's Deployment, or its ReplicaSet.</summary>
    private static (string Uid, int Replicas)? ControllerOf(World world, Pod pod)
    {
        if (pod.Metadata.Controller is not { } controller || world.FindByUid(controller.Uid) is not ReplicaSet replicaSet)
        {
            return null;
        }

        return replicaSet.Metadata.Controller is { } owner && world.FindByUid(owner.Uid) is Deployment deployment
            ? (deployment.Uid, deployment.Spec.Replicas ?? 1)
            : (replicaSet.Uid, replicaSet.Spec.Replicas ?? 1);
    }

    /// <summary>While it is not known what gateways say, pods wait.</summary>
    private async ValueTask<IReadOnlyList<Plan>> PlanDrainAsync(World world, CancellationToken cancellationToken)
    {
        Pod[] waiting = [.. world.TerminatingPods.Where(world.IsDraining)];
        if (waiting.Length == 0 && world.RestartingPods.Count == 0)
        {
            return PlanLingering(world);
        }

        try
        {
            IReadOnlyList<Plan> plans = Draining.Plan(new DrainSnapshot
            {
                Terminating = waiting,
                Restarting = world.RestartingPods,
                SlicesOf = pod => world.SlicesByPod[pod],
                SlicesOfService = service => world.Dependants[service].OfType<EndpointSlice>(),
                DrainTimeOf = world.DrainTimeOf,
                FormerOf = world.FormerOf,
                Gateways = await gateways.ReadWithoutTrafficAsync(cancellationToken),
                HeardFor = time.GetElapsedTime(heardSince),
                Store = world.StoreIdentity,
                Now = Now,
            });
            return [.. plans, .. PlanLingering(world)];
        }
        catch (StoreUnavailableException exception)
        {
            ReconcilerLog.StoreUnavailable(logger, exception.Message);
            return [new Plan { RecheckAfter = options.NodeHealthInterval }];
        }
    }

    /// <summary>A pod that turns out to linger is no change, and wakes nobody.</summary>
    private static Plan[] PlanLingering(World world) => world.TerminatingPods.Any(world.MayLinger) ? [new Plan { RecheckAfter = FormerEndpoints.Lingering }] : [];

    private IReadOnlyList<Plan> PlanNamespaceObjects(World world, string name) =>
        options.Api is not { } api || world.Find<Namespace>(new ObjectKey("", name)) is not { } space ? [] :
        [
            NamespaceObjects.Plan(
                space,
                world.Find<ServiceAccount>(new ObjectKey(name, NamespaceObjects.ServiceAccountName)),
                world.Find<ConfigMap>(new ObjectKey(name, NamespaceObjects.RootCertificateName)),
                api(),
                Now,
                new IdSource(seeds())),
        ];

    /// <summary>While the server does not listen yet, it is looked at again.</summary>
    private IReadOnlyList<Plan> PlanApiService(World world) => options.Api?.Invoke() is not { } facts ? [] :
    [
        ApiService.Plan(new ApiServiceSnapshot
        {
            Facts = facts,
            Service = world.Find<Service>(ApiService.Key),
            Endpoints = world.Find<Endpoints>(ApiService.Key),
            Slice = world.Find<EndpointSlice>(ApiService.Key),
            Taken = new TakenInWorld(world),
            Now = Now,
            Ids = new IdSource(seeds()),
        }) with
        {
            RecheckAfter = facts.RootCertificate is not null && facts.Address is null ? options.NodeHealthInterval : null,
        },
    ];

    private IReadOnlyList<Plan> PlanNamespaceEnd(World world, string name) =>
        world.Find<Namespace>(new ObjectKey("", name)) is { } space ? NamespaceEnd.Plan(space, world.ByNamespace[name], Now) : [];

    private async ValueTask<IReadOnlyList<Plan>> PlanNodeHealthAsync(World world, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, TimeSpan> ages = await ReadAgesAsync(cancellationToken);
        NodeHealthSnapshot snapshot = new()
        {
            Nodes = [.. world.Cluster.Nodes.Select(state => state.Node)],
            PodsOn = node => world.PodsByNode[node],
            PodsWithoutNode = [.. world.PodsByNode.Keys.Where(node => world.Cluster.Find(node) is null).SelectMany(node => world.PodsByNode[node])],
            IsDraining = world.IsDraining,
            Ages = ages,
            HeardFor = time.GetElapsedTime(heardSince),
            Now = Now,
        };
        SayWhetherBraked(NodeHealth.BrakeOf(snapshot));
        return NodeHealth.Plan(snapshot);
    }

    /// <summary>Silence before reports could be stored, and read, counts for nothing.</summary>
    private async ValueTask<IReadOnlyDictionary<string, TimeSpan>> ReadAgesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, TimeSpan> ages = NoAges;
        try
        {
            ages = await presence.ReadAgesAsync(cancellationToken);
            heardSince = presence.StoredWithoutGapSince is { } stored ? Math.Max(stored, heardSince) : time.GetTimestamp();
        }
        catch (StoreUnavailableException exception)
        {
            heardSince = time.GetTimestamp();
            ReconcilerLog.PresenceUnknown(logger, exception);
        }

        return ages;
    }

    private void SayWhetherBraked(Brake brake)
    {
        if (brake.IsOn && !figures.AreEvictionsStopped)
        {
            ReconcilerLog.EvictionsStopped(logger, brake.Silent, brake.Counted);
        }
        else if (!brake.IsOn && figures.AreEvictionsStopped)
        {
            ReconcilerLog.EvictionsResumed(logger, brake.Silent, brake.Counted);
        }

        figures.SetBrake(brake);
    }
}
