using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Reconciler.Queue;
using ControlPlane.Reconciler.Worlds;

namespace ControlPlane.Reconciler.Passes;

/// <summary>
/// What is told, on the object that it concerns, of a key whose plans come to nothing: whoever waits for the object would else see that nothing happens, and not why. Messages name nothing that differs from one attempt
/// to the next, so that they are one Event, however often it is tried.
/// </summary>
internal static class FailureNotes
{
    /// <summary>No plan could be made.</summary>
    public const string PlanFailed = "PlanFailed";

    /// <summary>The store does not take the plan.</summary>
    public const string SyncFailed = "SyncFailed";

    /// <summary>
    /// So many refusals in a row, after about 2 s, are told when the cause is that something changed meanwhile: one or two are how a busy store works. What the store cannot keep is told at once.
    /// </summary>
    public const int ConflictsUntilTold = 9;

    /// <summary>The failed plan of a key that concerns many objects is told on so many of them.</summary>
    public const int ObjectsMax = 100;

    /// <summary>A planner threw: which error is said, its details are for the log. Nothing where the key concerns no object that is there.</summary>
    public static IEnumerable<EventNote> OfError(World world, WorkKey key, Exception exception) => ObjectsOf(world, key).Select(item =>
        EventNote.Warning(item, PlanFailed, $"Planning failed with {exception.GetType().Name}, which is an error of the control plane; it is tried again, and its log says more"));

    /// <summary>A plan was refused. Null where that is not worth telling yet, or nobody is there to be told.</summary>
    /// <param name="world">Where the object is looked for: a key's own, or that of the refusal for a key that concerns many.</param>
    /// <param name="key">What was planned.</param>
    /// <param name="refusal">Why it was refused.</param>
    /// <param name="failures">How often it was, in a row.</param>
    public static EventNote? OfRefusal(World world, WorkKey key, UnitResult.Refused refusal, int failures)
    {
        bool isTold = refusal.Reason == RefusalReason.Unstorable || failures >= ConflictsUntilTold;
        return !isTold || (ObjectOf(world, key) ?? Find(world, refusal.Kind, refusal.Key)) is not { } item
            ? null
            : EventNote.Warning(item, SyncFailed, refusal.Reason == RefusalReason.Unstorable
                ? $"The store cannot keep the {refusal.Kind} that is planned: {refusal.Detail}; it is tried again"
                : $"What is planned is refused again and again, for a {refusal.Kind}: {refusal.Reason}; it is tried again");
    }

    private static IEnumerable<Resource> ObjectsOf(World world, WorkKey key) => key.Kind switch
    {
        WorkKind.PendingPods => FirstOf(world.UnboundPods.Where(pod => !pod.Metadata.IsDeleting && pod.Status?.Phase is not ("Succeeded" or "Failed"))),
        WorkKind.Drain => FirstOf(world.TerminatingPods.Where(world.IsDraining).Concat(world.RestartingPods)),
        WorkKind.NodeHealth => FirstOf(world.All<Node>()),
        WorkKind.TaintEviction => FirstOf(world.All<Node>().Where(TaintEviction.HasEvictingTaint)),
        WorkKind.ApiService => FirstOf([(Resource?)world.Find<Service>(ApiService.Key) ?? Cluster(world)]),
        WorkKind.EventExpiry or WorkKind.EndedPods => FirstOf([Cluster(world)]),
        _ => FirstOf([ObjectOf(world, key)]),
    };

    /// <summary>The oldest first, who have waited for the longest; the same ones with each attempt.</summary>
    private static IEnumerable<Resource> FirstOf(IEnumerable<Resource?> items) =>
        items.OfType<Resource>().OrderBy(item => item.Metadata.CreationTimestamp).ThenBy(item => item.Key).Take(ObjectsMax);

    /// <summary>What nobody's object waits for is told where Kubernetes keeps the Events of the whole cluster.</summary>
    private static Namespace? Cluster(World world) => world.Find<Namespace>(new ObjectKey("", "default"));

    private static Resource? ObjectOf(World world, WorkKey key) => key.Kind switch
    {
        WorkKind.Deployment => world.Find<Deployment>(key.ObjectKey),
        WorkKind.ReplicaSet => world.Find<ReplicaSet>(key.ObjectKey),
        WorkKind.Endpoints => world.Find<Service>(key.ObjectKey),
        WorkKind.DisruptionBudget => world.Find<PodDisruptionBudget>(key.ObjectKey),
        WorkKind.Quota => world.Find<ResourceQuota>(key.ObjectKey),
        WorkKind.Policy => world.Find<RolloutPolicy>(key.ObjectKey),
        WorkKind.NamespaceObjects or WorkKind.NamespaceEnd => world.Find<Namespace>(new ObjectKey("", key.Name)),
        WorkKind.Dependants => world.FindByUid(key.Name),
        _ => null,
    };

    private static Resource? Find(World world, string kind, ObjectKey key) =>
        ResourceKinds.Find(kind) is { } known && known != ResourceKinds.Event ? world.Find(known, key) : null;
}
