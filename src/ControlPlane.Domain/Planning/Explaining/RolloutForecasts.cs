using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>Works out with the real planners what a changed Deployment would do. Stores nothing.</summary>
public static class RolloutForecasts
{
    /// <summary>The most pods, surge included, that are worked out.</summary>
    public const int PodsMax = 5_000;

    /// <summary>The most passes of one forecast.</summary>
    public const int PassesMax = 1_000;

    /// <summary>The most pods looked at in all passes together, about 2 s of work: 5,000 replicas have 80 passes.</summary>
    private const int PodsPerForecastMax = 400_000;

    /// <summary>Whether a Deployment has more pods, surge included, than are worked out.</summary>
    public static bool IsTooLarge(Deployment changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        return (changed.Spec.Replicas ?? 1) + (long)Fenceposts.Of(changed.Spec).MaxSurge > PodsMax;
    }

    /// <param name="snapshot">The world, whose cluster is the caller's to lose.</param>
    /// <param name="changed">The Deployment as it would be stored.</param>
    public static RolloutForecast Of(WorkloadSnapshot snapshot, Deployment changed)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(changed);
        changed = snapshot.ConfigOf is { } find ? ConfigRevisions.Of(changed, snapshot.ReplicaSets, find)?.Effective ?? changed : changed;
        snapshot = snapshot with { Configured = null };
        DeclaredRevision declared = new(snapshot, changed);
        CooperativeWorld world = new(snapshot, changed);
        HashSet<string> existing = snapshot.Pods.Select(pod => pod.Uid).ToHashSet(StringComparer.Ordinal);
        HashSet<string> placed = snapshot.Pods.Where(PodState.IsBound).Select(pod => pod.Uid).ToHashSet(StringComparer.Ordinal);
        int replicas = changed.Spec.Replicas ?? 1;
        int passesMax = Math.Min(PassesMax, PodsPerForecastMax / Math.Max(1, Math.Max(replicas, snapshot.Pods.Count)));
        List<ForecastStep> steps = [];
        (int lowest, int highest) = (world.Available, world.Total);
        bool isOver = false;
        for (int passes = 0; passes < passesMax && !isOver; passes++)
        {
            IReadOnlyList<Write> written = world.Pass();
            (lowest, highest) = (Math.Min(lowest, world.Available), Math.Max(highest, world.Total));
            ForecastStep step = StepOf(written, existing, placed, world, (long)(world.Now - snapshot.Now).TotalSeconds);
            steps.AddRange(step.Starts.IsEmpty && step.Stops.IsEmpty ? [] : [step]);
            isOver = written.Count == 0 && !world.GoOn();
        }

        return new RolloutForecast
        {
            ApiVersion = RolloutView.GroupVersion,
            Kind = nameof(RolloutForecast),
            Metadata = RolloutViews.MetadataOf(changed),
            Rolls = declared.Rolls,
            Message = declared.Message,
            Completes = RolloutStatus.IsComplete(world.Deployment, world.Deployment.Status ?? new DeploymentStatus()),
            IsCutShort = isOver ? null : true,
            LowestAvailable = lowest,
            HighestTotal = highest,
            HighestSurge = Math.Max(0, highest - Math.Max(replicas, snapshot.Deployment?.Spec.Replicas ?? (snapshot.Deployment is null ? 0 : 1))),
            Steps = [.. steps],
            DoesNotFit = [.. MisfitsOf(world)],
        };
    }

    private static ForecastStep StepOf(IReadOnlyList<Write> written, HashSet<string> existing, HashSet<string> placed, CooperativeWorld world, long afterSeconds)
    {
        List<Pod> pods = [.. written.Select(write => write switch { Write.Create create => create.Object, Write.Update update => update.Object, _ => null }).OfType<Pod>()];
        IEnumerable<Pod> starts = pods.Where(pod => !pod.Metadata.IsDeleting && pod.IsBound() && placed.Add(pod.Uid));
        IEnumerable<Pod> stops = pods.Where(pod => pod.Metadata.IsDeleting);
        return new ForecastStep
        {
            AfterSeconds = afterSeconds,
            Starts = Grouped([.. starts], _ => false),
            Stops = Grouped(stops, pod => existing.Contains(pod.Uid)),
            Available = world.Available,
            Total = world.Total,
        };
    }

    private static ValueList<PodGroup> Grouped(IEnumerable<Pod> pods, Func<Pod, bool> isNamed) => pods
        .GroupBy(pod => (ReplicaSet: pod.Metadata.Controller?.Name ?? "", Node: pod.Spec.NodeName ?? ""))
        .OrderBy(group => group.Key.ReplicaSet, StringComparer.Ordinal)
        .ThenBy(group => group.Key.Node, StringComparer.Ordinal)
        .Select(group => new PodGroup
        {
            ReplicaSet = group.Key.ReplicaSet,
            Node = group.Key.Node,
            Count = group.Count(),
            Pods = group.Where(isNamed).Select(pod => pod.Name).ToValueList(),
        })
        .ToValueList();

    /// <summary>Pods that no node takes, then those that could not even be made.</summary>
    private static IEnumerable<Misfit> MisfitsOf(CooperativeWorld world) => world.Unbound
        .GroupBy(pod => pod.Status?.Unschedulable?.Summary ?? "no node fits", StringComparer.Ordinal)
        .Select(group => new Misfit { Count = group.Count(), Message = group.Key })
        .Concat(Conditions.Find(world.Deployment.Status?.Conditions ?? default, WorkloadConditions.ReplicaFailure) is { Status: "True" } failure
            ? [new Misfit { Count = Math.Max(1, (world.Deployment.Spec.Replicas ?? 1) - world.Total), Message = failure.Message ?? "" }]
            : []);
}
