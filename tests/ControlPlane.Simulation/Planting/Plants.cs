using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Simulation.Checking;

namespace ControlPlane.Simulation.Planting;

/// <summary>One known bug of each class.</summary>
internal static class Plants
{
    public static IReadOnlyList<Plant> All { get; } =
    [
        new StorePlant(static unit => unit with { Preconditions = unit.Preconditions.Where(item => item is not Precondition.LeaderEpoch).ToValueList() })
        {
            Name = "skip-epoch-check",
            What = "commits of a leader that was replaced are taken",
        },
        new StorePlant(static unit => unit with { Preconditions = unit.Preconditions.Where(item => item is not Precondition.AgentSession).ToValueList() })
        {
            Name = "skip-sequence-check",
            What = "a node's reports are taken in whatever order they come",
        },
        new StorePlant(static unit => unit, static (unit, result) => unit.Actor == "system:reconciler" && result is UnitResult.Committed ? new UnitResult.Committed(0) : result)
        {
            Name = "forget-own-commit",
            What = "the reconciler plans on a world without its own last commit",
        },
        new StorePlant(static unit => unit.Actor == "user" && unit.Writes.All(static write => write is Write.Update) ? unit with { Writes = [] } : unit)
        {
            Name = "lose-writes",
            What = "users' changes are acknowledged and not stored",
        },
        new CachePlant { Name = "stale-reads", What = "a replica answers before it has caught up" },
        new ViewPlant(static item => item is Deployment deployment ? WithBounds(deployment, bounds => bounds with { MaxSurge = "100%" }) : item)
        {
            Name = "ignore-surge",
            What = "a rollout's maxSurge does not count",
        },
        new ViewPlant(static item => item is Deployment deployment ? WithBounds(deployment, bounds => bounds with { MaxUnavailable = "100%" }) : item)
        {
            Name = "ignore-unavailable",
            What = "a rollout's maxUnavailable does not count",
        },
        new ViewPlant(static item => item is ReplicaSet { Spec.Replicas: 0 } replicaSet ? WithoutRevision(replicaSet) : item)
        {
            Name = "reuse-revision",
            What = "the revisions of ReplicaSets that are scaled to 0 are given again",
        },
        new ViewPlant(static item => item is Node { Status: { } status } node ? node with { Status = status with { Allocatable = Twice(status.Allocatable) } } : item)
        {
            Name = "overcommit",
            What = "the scheduler believes that nodes are twice as large",
        },
        new RuntimePlant(static runtime => new ForgetfulRuntime(runtime)) { Name = "drop-adoption", What = "an agent that starts does not know the containers of the one before" },
        new RuntimePlant(static runtime => new DoubleStartRuntime(runtime)) { Name = "start-twice", What = "a start is carried out twice" },
        new UnknownPlant { Name = "stop-unknown", What = "an agent stops what it has no record of, whoever ordered it" },
        new KeepPlant { Name = "keep-terminating", What = "an agent does not see that a pod is to stop" },
    ];

    /// <summary>The plant of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names those that there are.</exception>
    public static Plant Of(string name) => All.FirstOrDefault(plant => plant.Name == name)
        ?? throw new ArgumentException($"--plant: there is no {name}; there are {string.Join(", ", All.Select(plant => plant.Name))}");

    private static Deployment WithBounds(Deployment deployment, Func<RollingUpdateDeployment, RollingUpdateDeployment> change) => deployment with
    {
        Spec = deployment.Spec with
        {
            Strategy = deployment.Spec.Strategy! with { RollingUpdate = change(deployment.Spec.Strategy.RollingUpdate ?? new RollingUpdateDeployment()) },
        },
    };

    private static ReplicaSet WithoutRevision(ReplicaSet replicaSet) =>
        replicaSet with { Metadata = replicaSet.Metadata with { Annotations = replicaSet.Metadata.Annotations.Remove(Workloads.RevisionAnnotation) } };

    private static ValueMap<Quantity> Twice(ValueMap<Quantity> amounts) => amounts.SetItem("cpu", Quantity.FromValue(amounts["cpu"].Value * 2));
}
