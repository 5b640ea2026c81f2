using System.Globalization;
using ControlPlane.Agent.Protocol;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;
using ControlPlane.Simulation.Checking;
using ControlPlane.Simulation.Nodes;
using ControlPlane.Simulation.Replicas;
using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Using;

/// <summary>People who declare, change and take back Deployments at any moment, with the product's own handling of their requests.</summary>
internal sealed class Users
{
    public const int ContainerPort = 8080;

    private const string Space = "default";
    private const int DeploymentsMax = 2;
    private const int ReplicasMax = 6;
    /// <summary>The names of Deployments, each with a Service.</summary>
    public static IReadOnlyList<string> Names { get; } = ["web-1", "web-2", "web-3"];

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long after the last fault a commit of unknown outcome may still arrive, and a request that was late.</summary>
    private static readonly TimeSpan LastCommitsWithin = TimeSpan.FromSeconds(35);
    private static readonly WriteContext AsUser = new("user");

    private readonly Simulation simulation;
    private readonly SimulatedProcess process;
    private readonly Dice dice;
    private int lastImage;
    private TaskCompletionSource worstMoment = new();

    public Users(Simulation simulation)
    {
        this.simulation = simulation;
        dice = simulation.Dice.Fork();
        process = new SimulatedProcess("users", simulation.Scheduler, simulation.Trace.Break);
        simulation.Database.Committed += transaction =>
        {
            // Just after the reconciler has acted is the worst moment to change one's mind.
            if (transaction.Units[0].Actor == "system:reconciler" && dice.Chance(0.05))
            {
                worstMoment.TrySetResult();
            }
        };
    }

    public bool IsActive { get; set; } = true;

    public void Start() => process.Start(RunAsync);

    private async Task RunAsync()
    {
        while (IsActive)
        {
            await AttemptAsync(ActAsync);
            worstMoment = new TaskCompletionSource();
            await Task.WhenAny(worstMoment.Task, Task.Delay(dice.Milliseconds(200, 4_000), process.Time));
        }

        // What a person would look at in the end: nothing stays paused or given up, and nothing that was asked for earlier makes it so later.
        DateTimeOffset end = process.Time.GetUtcNow() + LastCommitsWithin;
        while (process.Time.GetUtcNow() < end)
        {
            foreach (Deployment deployment in simulation.Database.All<Deployment>().Where(deployment => deployment.Spec.Paused == true).ToList())
            {
                await AttemptAsync(replica => ChangeAsync(replica, deployment.Key, item => item with { Spec = item.Spec with { Paused = null } }));
            }

            foreach (Deployment deployment in simulation.Database.All<Deployment>().Where(IsGivenUp).ToList())
            {
                await AttemptAsync(replica => ReleaseAsync(replica, deployment.Key, new RolloutAction.Retry()));
            }

            await MendAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), process.Time);
        }

        while (simulation.Mixture.HasBadVersions)
        {
            await MendAsync();
            await Task.Delay(TimeSpan.FromSeconds(3), process.Time);
        }
    }

    /// <summary>Where a version does not work and nothing will take it back, its user releases one that works.</summary>
    private async Task MendAsync()
    {
        foreach (Deployment deployment in simulation.Database.All<Deployment>().Where(item => Versions.NeedsPerson(simulation, item)).ToList())
        {
            await AttemptAsync(replica => ChangeAsync(replica, deployment.Key, WithImage($"app:{++lastImage}")));
        }
    }

    /// <summary>Sends one request to any replica and, when it is acknowledged, looks at any replica for what it wrote.</summary>
    private async Task AttemptAsync(Func<Replica, Task<Acknowledged?>> act)
    {
        string identity = simulation.Database.Identity;
        try
        {
            Replica asked = simulation.AnyReplica();
            if (await simulation.Network.CallAsync(asked.Process, () => act(asked), RequestTimeout, CancellationToken.None) is { } written)
            {
                simulation.Trace.Say($"user: {written.What}, acknowledged at {written.Revision}");
                Replica seen = simulation.AnyReplica();
                bool isVisible = await simulation.Network.CallAsync(seen.Process, () => IsVisibleAsync(seen, written), RequestTimeout, CancellationToken.None);
                if (!isVisible && identity == simulation.Database.Identity)
                {
                    simulation.Trace.Break($"{written.What}: acknowledged at {written.Revision} and not to be seen on {seen.Name}");
                }
            }
        }
        catch (ControlPlaneException failure)
        {
            simulation.Trace.Say($"user: {failure.Message}");
        }
    }

    private async Task<bool> IsVisibleAsync(Replica replica, Acknowledged written)
    {
        await replica.Reader.WaitForLatestAsync(CancellationToken.None);
        Resource? found = replica.Reader.Cache.Find(written.Kind, written.Key);

        // Gone is later than the write, when the database says so too.
        return found is null ? simulation.Database.All(written.Kind).GetValueOrDefault(written.Key)?.Uid != written.Uid : found.Metadata.Revision >= written.Revision || found.Uid != written.Uid;
    }

    private Task<Acknowledged?> ActAsync(Replica replica)
    {
        Deployment[] known = [.. replica.Reader.Cache.Snapshot(ResourceKinds.Deployment).Objects.Values.Cast<Deployment>()];
        if (known.Length == 0 || (known.Length < DeploymentsMax && dice.Chance(0.2)))
        {
            return CreateAsync(replica);
        }

        Deployment target = dice.Of(known);
        if (simulation.Mixture.DeletesNodes && dice.Chance(0.06))
        {
            return DeleteAnyNodeAsync(replica);
        }

        if (simulation.Mixture.HasBadVersions && dice.Chance(0.15))
        {
            return ChangeAsync(replica, target.Key, Versions.Bad(dice, ++lastImage));
        }

        if (simulation.Mixture.JudgesReleases && simulation.Mixture.Judging.Chance(0.25))
        {
            return ChangeAsync(replica, target.Key, WithImage(Versions.FailingImage(++lastImage)));
        }

        if (simulation.Mixture.IsOptedOut(target.Name) && Versions.IsBad(target) && dice.Chance(0.9))
        {
            // Who wants failed versions to stay looks at them.
            return Task.FromResult<Acknowledged?>(null);
        }

        if (simulation.Mixture.MovesTags && dice.Chance(0.15))
        {
            simulation.Registry.Move(Versions.ImageOf(target));
            simulation.Trace.Say($"user: {Versions.ImageOf(target)} is pushed anew");
            return Task.FromResult<Acknowledged?>(null);
        }

        if (replica.Reader.Cache.Snapshot(ResourceKinds.RolloutPolicy).Objects.ContainsKey(target.Key) && dice.Chance(0.25))
        {
            return ReleaseAsync(replica, target.Key, dice.Of<RolloutAction>([new RolloutAction.Promote(false), new RolloutAction.Promote(true), new RolloutAction.Abort(), new RolloutAction.Retry()]));
        }

        return dice.Below(100) switch
        {
            < 30 => ChangeAsync(replica, target.Key, Scaled(dice.Between(0, ReplicasMax))),
            < 60 => ChangeAsync(replica, target.Key, WithImage($"app:{++lastImage}")),
            < 70 => ChangeAsync(replica, target.Key, item => item with { Spec = item.Spec with { Paused = item.Spec.Paused == true ? null : true } }),
            < 82 => UndoAsync(replica, target),
            < 92 => DeleteAnyPodAsync(replica),
            _ => DeleteAsync<Deployment>(replica, target.Key),
        };
    }

    private async Task<Acknowledged?> CreateAsync(Replica replica)
    {
        string name = dice.Of(Names);
        ValueMap<string> labels = ValueMap.Of(("app", name));
        Container container = new()
        {
            Name = "app",
            Image = $"app:{++lastImage}",
            Ports = [new ContainerPort { Number = ContainerPort, Protocol = "TCP" }],
            Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("500m") }.ToValueMap() },
            ReadinessProbe = simulation.Mixture.HasProbes ? SimulatedProbes.Readiness : null,
            LivenessProbe = simulation.Mixture.HasProbes ? SimulatedProbes.Liveness : null,
        };
        Deployment deployment = (Deployment)ResourceRules.WithDefaults(new Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new ObjectMeta
            {
                Namespace = Space,
                Name = name,
                Uid = dice.NewGuid().ToString(),
                Generation = 1,
                CreationTimestamp = replica.Process.Time.WholeSecondsNow(),
            },
            Spec = new DeploymentSpec
            {
                Replicas = dice.Between(1, ReplicasMax),
                Selector = new LabelSelector { MatchLabels = labels },
                Template = new PodTemplateSpec
                {
                    Metadata = new ObjectMeta { Labels = labels },
                    Spec = new PodSpec { Containers = [container], TerminationGracePeriodSeconds = dice.Between(1, 10) },
                },
                Strategy = new DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = Bounds() },
            },
        });
        CommitUnit unit = new()
        {
            Actor = AsUser.Actor,
            Preconditions = [new Precondition.NamespaceActive(Space)],
            Writes = [new Write.Create(deployment)],
        };
        return await replica.Updater.CommitAsync(unit, CancellationToken.None) is UnitResult.Committed committed
            ? new Acknowledged($"create {name} with {deployment.Spec.Replicas}", ResourceKinds.Deployment, deployment.Key, deployment.Uid, committed.Revision)
            : null;
    }

    private RollingUpdateDeployment Bounds() => dice.Below(4) switch
    {
        0 => new RollingUpdateDeployment { MaxSurge = 1, MaxUnavailable = 0 },
        1 => new RollingUpdateDeployment { MaxSurge = 0, MaxUnavailable = 1 },
        2 => new RollingUpdateDeployment { MaxSurge = 2, MaxUnavailable = 1 },
        _ => new RollingUpdateDeployment { MaxSurge = "25%", MaxUnavailable = "25%" },
    };

    private static Func<Deployment, Deployment> Scaled(int replicas) => item => item with { Spec = item.Spec with { Replicas = replicas } };

    private static Func<Deployment, Deployment> WithImage(string image) => item => Versions.With(item, image);

    /// <summary>What <c>kubectl rollout undo</c> does: the template of an older revision is declared again.</summary>
    private Task<Acknowledged?> UndoAsync(Replica replica, Deployment target)
    {
        ReplicaSet[] older =
        [
            .. replica.Reader.Cache.Snapshot(ResourceKinds.ReplicaSet).Objects.Values.Cast<ReplicaSet>()
                .Where(replicaSet => replicaSet.Metadata.Controller?.Uid == target.Uid && replicaSet.Revision() < target.Revision()),
        ];
        return older.Length == 0
            ? Task.FromResult<Acknowledged?>(null)
            : ChangeAsync(replica, target.Key, item => item with { Spec = item.Spec with { Template = dice.Of(older).Spec.Template.WithoutHash() } });
    }

    private bool IsGivenUp(Deployment deployment) => simulation.Database.All<RolloutState>()
        .Any(state => state.Spec.Deployment == deployment.Name && state.Spec.Phase == RolloutPhases.Aborted)
        || (deployment.Metadata.Annotations.ContainsKey(RolloutRequests.Abort) && (deployment.Status?.UpdatedReplicas ?? 0) < deployment.Replicas());

    /// <summary>Promotes, aborts or tries again, where that means something now.</summary>
    private static Task<Acknowledged?> ReleaseAsync(Replica replica, ObjectKey key, RolloutAction action)
    {
        return ChangeAsync(replica, key, Released, action.Name);

        Deployment Released(Deployment item)
        {
            IResourceCache cache = replica.Reader.Cache;
            ReplicaSet[] own = [.. cache.Snapshot(ResourceKinds.ReplicaSet).Objects.Values.Cast<ReplicaSet>().Where(replicaSet => replicaSet.Metadata.Controller?.Uid == item.Uid)];
            RolloutState? state = cache.Snapshot(ResourceKinds.RolloutState).Objects.Values.Cast<RolloutState>().FirstOrDefault(state => state.Spec.Deployment == item.Name);
            return RolloutActions.Apply(action, item, own, replica.Process.Time.GetUtcNow(), state) is ActionOutcome.Done done ? done.Deployment : item;
        }
    }

    private static async Task<Acknowledged?> ChangeAsync(Replica replica, ObjectKey key, Func<Deployment, Deployment> change, string? action = null)
    {
        Deployment stored = await replica.Updater.UpdateAsync(key, ResourceParts.Desired, AsUser, change, CancellationToken.None);
        string image = stored.Spec.Template.Spec.Containers[0].Image ?? "";
        string what = $"{key.Name} is {stored.Spec.Replicas} x {image}{(stored.Spec.Paused == true ? ", paused" : "")}{(action is null ? "" : $", {action}")}";
        return new Acknowledged(what, ResourceKinds.Deployment, key, stored.Uid, stored.Metadata.Revision);
    }

    private Task<Acknowledged?> DeleteAnyPodAsync(Replica replica)
    {
        Pod[] pods = [.. replica.Reader.Cache.Snapshot(ResourceKinds.Pod).Objects.Values.Cast<Pod>()];
        return pods.Length == 0 ? Task.FromResult<Acknowledged?>(null) : DeleteAsync<Pod>(replica, dice.Of(pods).Key);
    }

    /// <summary>By preference one that is not ready: that is why a person deletes it.</summary>
    private Task<Acknowledged?> DeleteAnyNodeAsync(Replica replica)
    {
        Node[] nodes = [.. replica.Reader.Cache.Snapshot(ResourceKinds.Node).Objects.Values.Cast<Node>()];
        Node[] lost = [.. nodes.Where(node => !node.IsReady())];
        Node[] chosen = lost.Length > 0 && dice.Chance(0.5) ? lost : nodes;
        return chosen.Length == 0 ? Task.FromResult<Acknowledged?>(null) : DeleteAsync<Node>(replica, dice.Of(chosen).Key);
    }

    private static async Task<Acknowledged?> DeleteAsync<T>(Replica replica, ObjectKey key)
        where T : Resource
    {
        Deleted<T> deleted = await replica.Deleter.DeleteAsync<T>(key, new DeleteOptions(), AsUser, CancellationToken.None);
        string what = string.Create(CultureInfo.InvariantCulture, $"delete {ResourceKinds.Of<T>().Singular} {key.Name}");
        return new Acknowledged(what, ResourceKinds.Of<T>(), key, deleted.Object.Uid, deleted.Object.Metadata.Revision);
    }

    /// <summary>A write that its user has been told is stored.</summary>
    private sealed record Acknowledged(string What, ResourceKind Kind, ObjectKey Key, string Uid, long Revision);
}
