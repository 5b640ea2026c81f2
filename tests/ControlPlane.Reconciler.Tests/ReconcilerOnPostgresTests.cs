using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Reconciler.Tests.Simulated;
using ControlPlane.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Reconciler.Tests;

/// <summary>The loop once over the real store: lease, change feed and commits as the product has them.</summary>
public sealed class ReconcilerOnPostgresTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task ADeployment_BecomesBoundPods_AndARemovedOneIsReplaced()
    {
        using CancellationTokenSource bound = new(Patience);
        using IHost host = BuildHost();
        await host.StartAsync(bound.Token);
        IResourceStore store = host.Services.GetRequiredService<IResourceStore>();
        IResourceCache cache = host.Services.GetRequiredService<IResourceCache>();
        host.Services.GetRequiredService<INodePresence>().Seen("node-1");

        await CommitAsync(store, new Write.Create(new Namespace { Metadata = Meta("", "shop") }), new Write.Create(MakeNode()), new Write.Create(MakeDeployment(replicas: 3)));
        IReadOnlyList<Pod> pods = await PodsAsync(cache, pods => pods.Count(pod => pod.Spec.NodeName == "node-1") == 3, bound.Token);

        await CommitAsync(store, Write.Remove.Of(pods[0]));
        IReadOnlyList<Pod> later = await PodsAsync(cache, now => now.Count == 3 && now.All(pod => pod.Uid != pods[0].Uid), bound.Token);

        Assert.Equal(2, later.Count(pod => pods.Any(known => known.Uid == pod.Uid)));
        await host.StopAsync(bound.Token);
    }

    /// <summary>The leader stops just as its user promotes a canary, and another one finishes what it began.</summary>
    [Fact]
    public async Task ACanary_WhoseLeaderStops_GoesOnWithTheNextStep()
    {
        using CancellationTokenSource bound = new(Patience);
        string database = await PostgresFixture.CreateDatabaseAsync();
        using IHost first = BuildHost(database);
        await first.StartAsync(bound.Token);
        IResourceStore store = first.Services.GetRequiredService<IResourceStore>();
        first.Services.GetRequiredService<INodePresence>().Seen("node-1");
        RolloutStrategy strategy = Canaries.Strategy("web", Canaries.Weight(50), Canaries.Pause(), Canaries.Weight(100), Canaries.Pause());
        await CommitAsync(
            store, new Write.Create(new Namespace { Metadata = Meta("", "shop") }), new Write.Create(MakeNode()), new Write.Create(Canaries.Service(Meta("shop", "web"), "web")),
            new Write.Create(Canaries.Policy(Meta("shop", "careful"), strategy)), new Write.Create(MakeDeployment(replicas: 2)));
        using IHost second = BuildHost(database);
        await second.StartAsync(bound.Token);
        second.Services.GetRequiredService<INodePresence>().Seen("node-1");
        IResourceCache cache = second.Services.GetRequiredService<IResourceCache>();
        using ChangeSubscription log = cache.SubscribeFromNow();
        await RunPodsAsync(cache, store, () => Web(cache)?.Status is { AvailableReplicas: 2 }, bound.Token);
        await CommitAsync(store, new Write.Update(Canaries.WithImage(Web(cache)!, "app:2"), ResourceParts.Desired));
        await RunPodsAsync(cache, store, () => State(cache) is { Spec: { Step: 1, Phase: RolloutPhases.WaitingForPromotion } }, bound.Token);

        await PromoteAsync(cache, store);
        await first.StopAsync(bound.Token);
        IResourceStore left = second.Services.GetRequiredService<IResourceStore>();
        await RunPodsAsync(cache, left, () => State(cache) is { Spec: { Step: 3, Phase: RolloutPhases.WaitingForPromotion } }, bound.Token);
        await PromoteAsync(cache, left);
        await RunPodsAsync(cache, left, () => State(cache) is null && Web(cache)!.Status is { UpdatedReplicas: 2, Replicas: 2 }, bound.Token);

        List<RolloutStateSpec> states = [];
        for (long reached = 0; reached < cache.Revision;)
        {
            ChangeBatch batch = await log.ReadAsync(bound.Token);
            reached = batch.Revision;
            states.AddRange(batch.Changes.Where(change => change.Operation != ChangeOperation.Deleted).Select(change => change.Object).OfType<RolloutState>().Select(state => state.Spec));
        }

        Assert.Equal([0, 1, 2, 3, 4], states.Select(state => state.Step).Where((step, i) => i == 0 || step != states[i - 1].Step));
        Assert.Equal(states.Select(state => state.WeightPerMille).Order(), states.Select(state => state.WeightPerMille));
        await second.StopAsync(bound.Token);
    }

    private IHost BuildHost() => BuildHost(postgres.ConnectionString);

    private static IHost BuildHost(string connectionString)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddControlPlaneStore(options => options.ConnectionString = connectionString);
        builder.Services.AddControlPlaneReconciler();
        return builder.Build();
    }

    private static async Task CommitAsync(IResourceStore store, params Write[] writes)
    {
        foreach (Write write in writes)
        {
            UnitResult result = Assert.Single(await store.CommitAsync([new CommitUnit { Actor = "test", Writes = [write] }], CancellationToken.None));
            Assert.IsType<UnitResult.Committed>(result);
        }
    }

    private static Deployment? Web(IResourceCache cache) => (Deployment?)cache.Find(ResourceKinds.Deployment, new ObjectKey("shop", "web"));

    private static RolloutState? State(IResourceCache cache) => (RolloutState?)cache.Find(ResourceKinds.RolloutState, new ObjectKey("shop", Web(cache)!.Uid));

    private static Task PromoteAsync(IResourceCache cache, IResourceStore store)
    {
        ReplicaSet[] replicaSets = [.. cache.Snapshot(ResourceKinds.ReplicaSet).Objects.Values.Cast<ReplicaSet>()];
        return CommitAsync(store, new Write.Update(Canaries.Promoted(Web(cache)!, replicaSets, State(cache)!, DateTimeOffset.UtcNow), ResourceParts.Desired));
    }

    /// <summary>Does what an agent does, until something holds: pods that were bound run, and those that are marked go.</summary>
    private static async Task RunPodsAsync(IResourceCache cache, IResourceStore store, Func<bool> holds, CancellationToken cancellationToken)
    {
        PodStatus running = new() { Phase = "Running", Conditions = [new Condition { Type = "Ready", Status = "True" }] };
        while (true)
        {
            long revision = cache.Revision;
            if (holds())
            {
                return;
            }

            Pod[] pods = [.. cache.Snapshot(ResourceKinds.Pod).Objects.Values.Cast<Pod>()];
            Write[] writes =
            [
                .. pods.Where(pod => pod.Metadata.IsDeleting).Select(Write.Remove.Of),
                .. pods.Where(pod => !pod.Metadata.IsDeleting && pod.Spec.NodeName is not null && pod.Status?.Phase != "Running")
                    .Select(pod => new Write.Update(pod with { Status = running }, ResourceParts.Status)),
            ];
            CommitUnit[] units = [.. writes.Select(write => new CommitUnit { Actor = "agent", Writes = [write] })];
            await (units.Length == 0 ? Task.CompletedTask : store.CommitAsync(units, cancellationToken));
            await cache.WaitForRevisionAsync(revision + 1, cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<Pod>> PodsAsync(IResourceCache cache, Func<IReadOnlyList<Pod>, bool> holds, CancellationToken cancellationToken)
    {
        while (true)
        {
            long revision = cache.Revision;
            Pod[] pods = [.. cache.Snapshot(ResourceKinds.Pod).Objects.Values.Cast<Pod>()];
            if (holds(pods))
            {
                return pods;
            }

            try
            {
                await cache.WaitForRevisionAsync(revision + 1, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"not within {Patience}: {string.Join("; ", pods.Select(pod => $"{pod.Name}@{pod.Spec.NodeName}"))}, revision {revision}");
            }
        }
    }

    private static Node MakeNode() => new()
    {
        Metadata = Meta("", "node-1"),
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity>
            {
                ["cpu"] = Quantity.Parse("4"),
                ["memory"] = Quantity.Parse("8Gi"),
                ["pods"] = Quantity.Parse("110"),
            }.ToValueMap(),
            Conditions = [new Condition { Type = "Ready", Status = "True" }],
        },
    };

    private static Deployment MakeDeployment(int replicas)
    {
        ValueMap<string> labels = ValueMap.Of(("app", "web"));
        return new Deployment
        {
            Metadata = Meta("shop", "web") with { Generation = 1 },
            Spec = new DeploymentSpec
            {
                Replicas = replicas,
                Selector = new LabelSelector { MatchLabels = labels },
                Template = new PodTemplateSpec
                {
                    Metadata = new ObjectMeta { Labels = labels },
                    Spec = new PodSpec { Containers = [new Container { Name = "app", Image = "app:1" }] },
                },
            },
        };
    }

    private static ObjectMeta Meta(string space, string name) =>
        new() { Namespace = space, Name = name, Uid = Guid.NewGuid().ToString(), CreationTimestamp = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()) };
}
