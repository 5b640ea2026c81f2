using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Simulation.Checking;

namespace ControlPlane.Simulation.Planting;

/// <summary>One known bug of each class.</summary>
internal static class Plants
{
    public static IReadOnlyList<PlantKind> All { get; } =
    [
        new("skip-epoch-check", "commits of a leader that was replaced are taken", static () => new StorePlant(Without<Precondition.LeaderEpoch>)),
        new("skip-sequence-check", "a node's reports are taken in whatever order they come", static () => new StorePlant(Without<Precondition.AgentSession>)),
        new("forget-own-commit", "the reconciler plans on a world without its own last commit", static () => new StorePlant(Unchanged, AtNoRevision)),
        new("lose-writes", "users' changes are acknowledged and not stored", static () => new StorePlant(WithoutUsersUpdates)),
        new("stale-reads", "a replica answers before it has caught up", static () => new CachePlant()),
        new("ignore-surge", "a rollout's maxSurge does not count", static () => new BoundsPlant(static bounds => bounds with { MaxSurge = "100%" })),
        new(
            "ignore-unavailable",
            "a rollout's maxUnavailable does not count",
            static () => new BoundsPlant(static bounds => bounds with { MaxUnavailable = "100%" })),
        new("reuse-revision", "the revisions of ReplicaSets that are scaled to 0 are given again", static () => new ViewPlant(WithoutOldRevision)),
        new("overcommit", "the scheduler believes that nodes are twice as large", static () => new ViewPlant(TwiceAsLarge)),
        new(
            "drop-adoption",
            "an agent that starts does not know the containers of the one before",
            static () => new RuntimePlant(static runtime => new ForgetfulRuntime(runtime))),
        new("start-twice", "a start is carried out twice", static () => new RuntimePlant(static runtime => new DoubleStartRuntime(runtime))),
        new("stop-unknown", "an agent stops what it has no record of, whoever ordered it", static () => new UnknownPlant()),
        new(
            "unheard-gateways",
            "the reconciler takes it that gateways act on the newest routes",
            static () => new GatewayPlant(static state => state with { Acknowledged = long.MaxValue })) { FoundBy = "has not acknowledged" },
        new("forget-in-flight", "the reconciler does not hear what is in flight", static () => new GatewayPlant(static state => state with { Draining = [] })),
        new("ignore-abort", "the reconciler does not see that a revision was given up", static () => new ViewPlant(WithoutAbort)),
        new("keep-weight", "the weight of a canary does not fall with its pods", static () => new WeightPlant()) { First = 25, FoundBy = "of 1000 requests, which" },
        new("late-abort", "gateways are not told that a revision was given up", static () => new LateAbortPlant()) { FoundBy = "divides the requests of" },
        new("forget-release", "what divides the requests goes before slices say that a given-up revision's pods are gone", static () => new ForgetReleasePlant()) { FoundBy = "that slices list as ready" },
        new("eager-weight", "the reconciler takes pods for ready that are not", static () => new ViewPlant(AlwaysReady)),
        new("fail-proven", "a revision that was complete is marked failed", static () => new StorePlant(static unit => WithFailures(unit, ofComplete: true))),
        new("fail-early", "a revision is marked out of time before its deadline", static () => new StorePlant(static unit => WithFailures(unit, ofComplete: false))),
        new("ignore-opt-out", "the reconciler does not see that a failed revision shall stay", static () => new ViewPlant(WithoutOptOut)),
        new("run-own-image", "a node runs what a tag stands for there, whatever its revision runs", static () => new OwnImagePlant()) { First = 27 },
        new("ignore-node-deletion", "the reconciler does not see that a Node was deleted", static () => new NodeDeletionPlant()),
        new("restart-unheard", "a container whose liveness probe failed is restarted before gateways have heard of it", static () => new RestartPlant()),
        new("keep-terminating", "an agent does not see that a pod is to stop", static () => new KeepPlant()),
    ];

    /// <summary>The plant of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names those that there are.</exception>
    public static PlantKind Of(string name) => All.FirstOrDefault(plant => plant.Name == name)
        ?? throw new ArgumentException($"--plant: there is no {name}; there are {string.Join(", ", All.Select(plant => plant.Name))}");

    private static CommitUnit Unchanged(CommitUnit unit) => unit;

    private static CommitUnit Without<T>(CommitUnit unit)
        where T : Precondition => unit with { Preconditions = unit.Preconditions.Where(item => item is not T).ToValueList() };

    private static UnitResult AtNoRevision(CommitUnit unit, UnitResult result) =>
        unit.Actor == "system:reconciler" && result is UnitResult.Committed ? new UnitResult.Committed(0) : result;

    private static CommitUnit WithoutUsersUpdates(CommitUnit unit) =>
        unit.Actor == "user" && unit.Writes.All(write => write is Write.Update) ? unit with { Writes = [] } : unit;

    private static Resource WithoutOldRevision(Resource item) => item is ReplicaSet { Spec.Replicas: 0 }
        ? item with { Metadata = item.Metadata with { Annotations = item.Metadata.Annotations.Remove(Workloads.RevisionAnnotation) } }
        : item;

    private static Resource WithoutAbort(Resource item) => item is Deployment
        ? item with { Metadata = item.Metadata with { Annotations = item.Metadata.Annotations.Remove("controlplane.dev/abort") } }
        : item;

    /// <summary>Marks the ReplicaSets failed whose statuses a unit writes: those that are complete, or those that are not.</summary>
    private static CommitUnit WithFailures(CommitUnit unit, bool ofComplete) => unit with
    {
        Writes = unit.Writes.Select(write => write is Write.Update { Object: ReplicaSet { Status: { } status } item } update && item.IsMarked("Complete") == ofComplete
            ? update with { Object = item with { Status = status with { Conditions = status.Conditions.Add(Failure(ofComplete ? "CrashLoopBackOff" : "ProgressDeadlineExceeded")) } } }
            : write).ToValueList(),
    };

    private static Condition Failure(string reason) => new() { Type = "Failed", Status = "True", Reason = reason };

    private static Resource WithoutOptOut(Resource item) =>
        item is RolloutPolicy policy ? policy with { Spec = policy.Spec with { RollbackOnFailure = null } } : item;

    private static Resource AlwaysReady(Resource item) => item is Pod { Status: { } status } pod
        ? pod with { Status = status with { Conditions = [.. status.Conditions.Select(condition => condition.Type is "Ready" or "ContainersReady" ? condition with { Status = "True" } : condition)] } }
        : item;

    private static Resource TwiceAsLarge(Resource item) => item is Node { Status: { } status } node
        ? node with { Status = status with { Allocatable = status.Allocatable.SetItem("cpu", Quantity.FromValue(status.Allocatable["cpu"].Value * 2)) } }
        : item;
}
