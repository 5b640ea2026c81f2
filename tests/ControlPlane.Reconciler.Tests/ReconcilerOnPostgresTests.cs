using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Reconciler.Tests;

/// <summary>The loop once over the real store: lease, change feed and commits as the product has them.</summary>
public sealed class ReconcilerOnPostgresTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

    private IHost BuildHost()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddControlPlaneStore(options => options.ConnectionString = postgres.ConnectionString);
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
