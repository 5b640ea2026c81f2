using System.Text.Json;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Api.Requests;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Simulation.Nodes;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Checking;

/// <summary>
/// What must hold at every step, faults or not. State changes only in transactions and in engines, so it is looked at there. The reconciler answers for what its
/// own transactions do, as far as it can know: it may not have heard yet that a pod is not ready any more, or ready now, or that a user has just deleted it.
/// </summary>
internal sealed class Invariants
{
    private const string Reconciler = "system:reconciler";

    /// <summary>How long a commit of the reconciler may be on its way.</summary>
    private static readonly TimeSpan CommitsWithin = TimeSpan.FromSeconds(16);

    private readonly Simulation simulation;
    private readonly HashSet<string> endedOnRecord = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(long Revision, bool IsReady)>> readiness = new(StringComparer.Ordinal);
    private readonly List<(Pod Pod, long Revision)> endedByOthers = [];
    private readonly Dictionary<(string Deployment, long Revision), PodTemplateSpec> revisions = [];
    private readonly Dictionary<string, long> highestRevision = new(StringComparer.Ordinal);
    private readonly DrainRule draining;
    private readonly StrategyRule strategies;
    private readonly RollbackRule rollbacks;
    private readonly Dictionary<string, long> deletedNodes = new(StringComparer.Ordinal);
    private long lastRevision;

    public Invariants(Simulation simulation)
    {
        this.simulation = simulation;
        draining = new DrainRule(simulation);
        strategies = new StrategyRule(simulation, AvailableOf);
        rollbacks = new RollbackRule(simulation, IsResized);
        simulation.Database.Committed += Check;
    }

    public void Watch(SimulatedEngine engine)
    {
        engine.Started += container => CheckStarted(engine, container);
        engine.Stopping += container => CheckStopping(engine, container);
    }

    /// <summary>The database is another one from here on: what it has forgotten may be given anew.</summary>
    public void Forget()
    {
        revisions.Clear();
        highestRevision.Clear();
        readiness.Clear();
        endedByOthers.Clear();
        deletedNodes.Clear();
        rollbacks.Forget();
        simulation.Choices.Forget();
        draining.Forget();
        strategies.Forget();
    }

    private void Check(Transaction transaction)
    {
        foreach (Change change in transaction.Changes)
        {
            Note(change);
            if (transaction.Units[0].Actor != Reconciler && EndsReady(change))
            {
                endedByOthers.Add(((Pod)change.Object, change.Revision));
            }
        }

        if (transaction.Units[0].Actor == Reconciler)
        {
            CheckForm(transaction);
            CheckRoom(transaction);
            CheckSurge(transaction);
            CheckNoneTooMany(transaction);
            CheckSpecsStay(transaction);
            CheckAvailability(transaction);
            strategies.Check(transaction);
            rollbacks.Check(transaction);
        }
    }

    private void Note(Change change)
    {
        if (change.Revision <= lastRevision)
        {
            Break($"revision {change.Revision} was given after {lastRevision}");
        }

        lastRevision = change.Revision;
        switch (change.Object)
        {
            case Pod pod:
                Note(change, pod);
                break;
            case ReplicaSet replicaSet when change.Operation != ChangeOperation.Deleted:
                CheckContent(replicaSet);
                simulation.Images.NoteRevision(change, replicaSet);
                break;
            case Deployment deployment:
                CheckNotLost(deployment);
                strategies.NoteRequests(change, deployment);
                rollbacks.NoteDeclared(change, deployment);
                break;
            case RolloutState state:
                simulation.Choices.Note(change, state);
                break;
            case EndpointSlice slice:
                draining.NoteSlice(change, slice);
                break;
            case Node node when change.Operation == ChangeOperation.Deleted:
                deletedNodes[node.Name] = change.Revision;
                break;
        }
    }

    private void Note(Change change, Pod pod)
    {
        if (change.Operation == ChangeOperation.Deleted || pod.Metadata.IsDeleting)
        {
            endedOnRecord.Add(pod.Uid);
            draining.NoteEnd(pod);
        }

        if (!readiness.TryGetValue(pod.Uid, out List<(long Revision, bool IsReady)>? history))
        {
            history = readiness[pod.Uid] = [];
            if (change.Previous is Pod before)
            {
                history.Add((before.Metadata.Revision, before.IsReady()));
            }
        }

        history.Add((change.Revision, pod.IsReady()));
    }

    /// <summary>A revision of a Deployment means one template, for ever.</summary>
    private void CheckContent(ReplicaSet replicaSet)
    {
        if (replicaSet.Metadata.Controller is not { } controller || replicaSet.Revision() is not (> 0 and var revision))
        {
            return;
        }

        PodTemplateSpec template = replicaSet.Spec.Template.WithoutHash();
        if (!revisions.TryAdd((controller.Uid, revision), template) && revisions[(controller.Uid, revision)] != template)
        {
            Break($"revision {revision} of {controller.Name} is used again, with another content, by {replicaSet.Name}");
        }
    }

    private void CheckNotLost(Deployment deployment)
    {
        long highest = highestRevision.GetValueOrDefault(deployment.Uid);
        if (deployment.Revision() < highest)
        {
            Break($"{deployment.Name} is back at revision {deployment.Revision()} after {highest}");
        }

        highestRevision[deployment.Uid] = deployment.Revision();
    }

    /// <summary>
    /// A replica takes what the reconciler has written from memory, and another one reads it as JSON: an empty text where the other sees none would be a difference
    /// that never ends. What agents report has been read from JSON itself.
    /// </summary>
    private void CheckForm(Transaction transaction)
    {
        foreach (AcceptedWrite accepted in transaction.Outcome.Writes)
        {
            (Resource? written, ResourceParts parts) = accepted.Write switch
            {
                Write.Create create => (create.Object, ResourceParts.All),
                Write.Update update => (update.Object, update.Parts),
                _ => (null, ResourceParts.All),
            };
            if (written is not null && ReadAgain(written, parts) is var (before, after) && before != after)
            {
                Break($"{written.Kind} {written.Key} was written in a form that reads otherwise: {before} reads as {after}");
            }
        }
    }

    private static (Resource Before, Resource After) ReadAgain(Resource written, ResourceParts parts)
    {
        Resource none = (Resource)Activator.CreateInstance(written.GetType())!;
        Resource before = parts.HasFlag(ResourceParts.Status) ? written : ResourceStatus.WithStatusOf(written, none);
        before = parts.HasFlag(ResourceParts.Desired) ? before : ResourceStatus.WithStatusOf(none, written);
        Resource after = (Resource)JsonSerializer.Deserialize(ResourceJson.SerializeToUtf8Bytes(before), before.GetType(), ResourceJson.Options)!;
        return (before, after with { Metadata = after.Metadata with { DesiredRevision = before.Metadata.DesiredRevision } });
    }

    /// <summary>Whatever the reconciler binds fits beside everything that may still be there, what terminates included.</summary>
    private void CheckRoom(Transaction transaction)
    {
        foreach (string node in transaction.Changes.Where(IsBinding).Select(change => ((Pod)change.Object).Spec.NodeName!).Distinct(StringComparer.Ordinal))
        {
            if (transaction.After.Find<Node>(new ObjectKey("", node)) is null)
            {
                CheckNodeGone(transaction, node);
                continue;
            }

            Pod[] there = [.. transaction.After.All<Pod>().Where(pod => pod.Spec.NodeName == node && pod.Status?.Phase is not ("Succeeded" or "Failed"))];
            long asked = there.Sum(pod => pod.Spec.Containers.Sum(container => container.Resources?.Requests["cpu"].Milli ?? 0));
            long offered = transaction.After.Find<Node>(new ObjectKey("", node))?.Status?.Allocatable["cpu"].Milli ?? 0;
            if (asked > offered)
            {
                Break($"{node} offers {offered} m of CPU and {there.Length} pods were given {asked} m of it");
            }
        }
    }

    /// <summary>Nothing is bound to a Node that is deleted, once the reconciler can know it.</summary>
    private void CheckNodeGone(Transaction transaction, string node)
    {
        long deletedAt = deletedNodes.GetValueOrDefault(node);
        if (deletedAt <= transaction.Known)
        {
            Break($"pods were given to {node}, which was deleted at revision {deletedAt}: the reconciler had seen all up to {transaction.Known}");
        }
    }

    private static bool IsBinding(Change change) =>
        change.Object is Pod { Spec.NodeName.Length: > 0 } && change.Operation != ChangeOperation.Deleted && change.Previous is not Pod { Spec.NodeName.Length: > 0 };

    private void CheckSurge(Transaction transaction)
    {
        HashSet<string> creators =
            [.. transaction.Changes.Where(change => change is { Operation: ChangeOperation.Added, Object: Pod }).Select(change => change.Object.Metadata.Controller?.Uid ?? "")];
        foreach (Deployment deployment in Rolling(transaction, creators))
        {
            int active = transaction.After.PodsOf(deployment).Count(Workloads.IsActive);
            int allowed = deployment.Replicas() + deployment.MaxSurge() + StrategyRule.BesidesOf(transaction.After, deployment);
            if (active > allowed)
            {
                Break($"{deployment.Name} was given {active} pods; {deployment.Replicas()} + {deployment.MaxSurge()} are allowed");
            }
        }
    }

    /// <summary>A ReplicaSet is never given more pods than it declares.</summary>
    private void CheckNoneTooMany(Transaction transaction)
    {
        HashSet<string> created = [.. transaction.Changes.Where(change => change is { Operation: ChangeOperation.Added, Object: Pod }).Select(change => change.Object.Metadata.Controller?.Uid ?? "")];
        foreach (ReplicaSet replicaSet in transaction.After.All<ReplicaSet>().Where(replicaSet => created.Contains(replicaSet.Uid)))
        {
            int active = transaction.After.All<Pod>().Count(pod => pod.IsActive() && pod.Metadata.Controller?.Uid == replicaSet.Uid);
            if (active > (replicaSet.Spec.Replicas ?? 1))
            {
                Break($"{replicaSet.Name} was given {active} pods and declares {replicaSet.Spec.Replicas}");
            }
        }
    }

    /// <summary>What a Deployment shall be is its users' to say.</summary>
    private void CheckSpecsStay(Transaction transaction)
    {
        foreach (Change change in transaction.Changes)
        {
            if (change is { Object: Deployment now, Previous: Deployment before } && now.Spec != before.Spec)
            {
                Break($"the spec of {now.Name} was changed by the reconciler");
            }
        }
    }

    private void CheckAvailability(Transaction transaction)
    {
        HashSet<string> losers = [.. transaction.Changes.Where(change => TakesAvailable(change, transaction)).Select(change => change.Object.Metadata.Controller?.Uid ?? "")];
        foreach (Deployment deployment in Rolling(transaction, losers).Where(deployment => !IsResized(transaction.Before, deployment) && !StrategyRule.IsOnItsWay(transaction, deployment)))
        {
            int available = AvailableOf(transaction, [.. transaction.After.ReplicaSetsOf(deployment).Select(replicaSet => replicaSet.Uid)]);
            int required = deployment.Replicas() - deployment.MaxUnavailable();
            if (available < required)
            {
                Break($"{deployment.Name} was left with {available} available pods; {deployment.Replicas()} - {deployment.MaxUnavailable()} must stay");
            }
        }
    }

    /// <summary>The available pods of ReplicaSets, as far as whoever wrote the transaction can know.</summary>
    private int AvailableOf(Transaction transaction, HashSet<string> replicaSets) =>
        transaction.After.All<Pod>().Count(pod => pod.IsActive() && replicaSets.Contains(pod.Metadata.Controller?.Uid ?? "") && Since(pod, transaction.Known).Contains(true))
        + endedByOthers.Count(ended => ended.Revision > transaction.Known && replicaSets.Contains(ended.Pod.Metadata.Controller?.Uid ?? "")
            && Since(ended.Pod, transaction.Known).Contains(true));

    /// <summary>
    /// True while ReplicaSets are still sized for another number of replicas. Kubernetes then shrinks them in proportion, ready pods or not, so its promise of
    /// availability begins again once that is done.
    /// </summary>
    private static bool IsResized(DatabaseState before, Deployment deployment) => before.ReplicaSetsOf(deployment)
        .Any(replicaSet => replicaSet.Spec.Replicas > 0 && replicaSet.SizedFor() is { } sizedFor && sizedFor != deployment.Replicas());

    /// <summary>True for the end of a pod that served, on a node that is there.</summary>
    private bool TakesAvailable(Change change, Transaction transaction) =>
        EndsReady(change) && IsSurelyAvailable((Pod)change.Previous!, transaction) && !Since((Pod)change.Object, transaction.Known).Contains(false)
        && transaction.Before.Find<Node>(new ObjectKey("", ((Pod)change.Object).Spec.NodeName ?? ""))?.IsReady() == true;

    /// <summary>
    /// True for a ready pod that was available when its end was planned, whose commit may have been on its way for 16 s: with <c>minReadySeconds</c> a ready one need not be. By clocks that
    /// disagree nobody can say.
    /// </summary>
    private bool IsSurelyAvailable(Pod pod, Transaction transaction)
    {
        int minReady = transaction.After.All<Deployment>().Where(deployment => transaction.After.PodsOf(deployment).Any(own => own.Uid == pod.Uid))
            .Select(deployment => deployment.Spec.MinReadySeconds ?? 0).FirstOrDefault();
        DateTimeOffset? since = Conditions.Find(pod.Status?.Conditions ?? default, Conditions.Ready)?.LastTransitionTime;
        return minReady == 0 || (!simulation.ReplicasDisagree && simulation.Scheduler.Now - since > TimeSpan.FromSeconds(minReady) + CommitsWithin);
    }

    private static bool EndsReady(Change change) =>
        change.Previous is Pod before && before.IsActive() && before.IsReady()
        && (change.Operation == ChangeOperation.Deleted || change.Object.Metadata.IsDeleting);

    /// <summary>Whether a pod was ready at a revision, and each time that it was said anew since.</summary>
    private IEnumerable<bool> Since(Pod pod, long revision)
    {
        if (!readiness.TryGetValue(pod.Uid, out List<(long Revision, bool IsReady)>? history))
        {
            return [pod.IsReady()];
        }

        int first = Math.Max(0, history.FindLastIndex(entry => entry.Revision <= revision));
        return history.Skip(first).Select(entry => entry.IsReady);
    }

    /// <summary>The Deployments that are rolled and stay, of which a ReplicaSet is among those.</summary>
    private static IEnumerable<Deployment> Rolling(Transaction transaction, HashSet<string> replicaSets) => replicaSets.Count == 0
        ? []
        : transaction.After.All<Deployment>().Where(deployment => !deployment.Metadata.IsDeleting && deployment.Spec.Strategy?.Type != "Recreate"
            && transaction.After.ReplicaSetsOf(deployment).Any(replicaSet => replicaSets.Contains(replicaSet.Uid)));

    private void CheckStarted(SimulatedEngine engine, ObservedContainer started)
    {
        simulation.Trace.Say($"{engine.Node} starts {started.Id} of {started.Identity.PodName}");
        simulation.Images.CheckStarted(engine, started);
        foreach (SimulatedEngine other in simulation.Engines)
        {
            foreach (ObservedContainer twin in other.Running.Where(running => running.Id != started.Id && IsSameLife(running, started)))
            {
                Break($"{started.Identity.PodName} ({started.Identity.PodUid}) runs as {twin.Id} on {other.Node} and as {started.Id} on {engine.Node}");
            }
        }
    }

    /// <summary>Containers of another store are nobody's until a person says whose they are.</summary>
    private static bool IsSameLife(ObservedContainer left, ObservedContainer right) =>
        left.Identity.PodUid == right.Identity.PodUid && left.Identity.Container == right.Identity.Container
        && left.Identity.StoreIdentity == right.Identity.StoreIdentity;

    private void CheckStopping(SimulatedEngine engine, ObservedContainer container)
    {
        bool isEnding = endedOnRecord.Contains(container.Identity.PodUid);
        bool isRestart = !isEnding && engine.Probes.LivenessFailedAt(container.Id) is not null;
        simulation.Trace.Say($"{engine.Node} stops {container.Id} of {container.Identity.PodName}{(isRestart ? ", to start it anew" : "")}");
        if (!isEnding && !isRestart)
        {
            Break($"{engine.Node} stops {container.Id} of {container.Identity.PodName}, of whose end there is no record");
        }

        draining.CheckStopping(engine, container);
    }

    private void Break(string rule) => simulation.Trace.Break(rule);
}
