using System.Globalization;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Checking;

/// <summary>
/// A canary or a blue-green never gets more of the requests than its available pods carry. From the commit on in which the reconciler first acts on a Deployment whose user has given the revision up,
/// it gets nothing or, where the stable one had begun to go, is on its way back. The reconciler is held to what it can know.
/// </summary>
internal sealed class StrategyRule(Simulation simulation, Func<Transaction, HashSet<string>, int> availableOf)
{
    private const string AbortAnnotation = "controlplane.dev/abort";
    private const string RetryAnnotation = "controlplane.dev/retry";

    /// <summary>The store's revision at which a Deployment's revision was given up.</summary>
    private readonly Dictionary<(string Deployment, long Revision), long> abortedAt = [];

    /// <summary>Pods that a strategy may have beside those of a rolling update: a canary up to all replicas once more, a blue-green two revisions.</summary>
    public static int BesidesOf(DatabaseState state, Deployment deployment) => PolicyOf(state, deployment) is { } policy
        ? (2 * deployment.Replicas()) + ScalesOf(policy).Select(scale => scale.Replicas ?? 0).DefaultIfEmpty().Max()
        : 0;

    /// <summary>True while a strategy decides which pods count: those of a canary that is given up carry nothing, and go.</summary>
    public static bool IsOnItsWay(Transaction transaction, Deployment deployment) => StateOf(transaction.Before, deployment) is not null || StateOf(transaction.After, deployment) is not null;

    /// <summary>What was given up, and what was taken up again.</summary>
    public void NoteRequests(Change change, Deployment deployment)
    {
        if (RequestOf(deployment, AbortAnnotation) is not { } abort)
        {
            return;
        }

        (string, long) key = (deployment.Uid, abort.Revision);
        if (RequestOf(deployment, RetryAnnotation) is { } retry && retry.Revision == abort.Revision && retry.At >= abort.At)
        {
            abortedAt.Remove(key);
        }
        else
        {
            abortedAt.TryAdd(key, change.Revision);
        }
    }

    public void Forget() => abortedAt.Clear();

    public void Check(Transaction transaction)
    {
        foreach (Change change in transaction.Changes.Where(change => change.Operation == ChangeOperation.Deleted && change.Previous is RolloutState))
        {
            CheckEnd(transaction, ((RolloutState)change.Previous!).Spec);
        }

        foreach (RolloutState state in transaction.After.All<RolloutState>())
        {
            if (transaction.After.All<Deployment>().FirstOrDefault(item => item.Name == state.Spec.Deployment) is not { } deployment)
            {
                continue;
            }

            Change[] own = [.. transaction.Changes.Where(change => IsOf(change.Object, deployment))];
            if (own.Length == 0)
            {
                continue;
            }

            if (KeepsRequests(state.Spec) && abortedAt.TryGetValue((deployment.Uid, state.Spec.Revision), out long at) && at <= transaction.Known)
            {
                simulation.Trace.Break($"{state.Spec.Canary} is {state.Spec.Phase} and gets {state.Spec.WeightPerMille} of 1000 requests, and was given up at revision {at}");
            }

            CheckWeight(transaction, state, deployment, own.FirstOrDefault(change => change.Object is RolloutState));
            CheckStable(transaction, state, deployment);
        }
    }

    /// <summary>As long as one that was given up has pods, something says how the requests are divided: without that they would follow the numbers of pods.</summary>
    private void CheckEnd(Transaction transaction, RolloutStateSpec ended)
    {
        if (transaction.After.All<Deployment>().FirstOrDefault(item => item.Name == ended.Deployment) is not { Metadata.IsDeleting: false } deployment
            || deployment.CurrentOf(transaction.After.ReplicaSetsOf(deployment)) is not { } current || current.Name != ended.Canary || (current.IsMarked("Complete") && !current.IsMarked("Failed"))
            || !abortedAt.TryGetValue((deployment.Uid, ended.Revision), out long at) || at > transaction.Known)
        {
            return;
        }

        Pod[] pods = [.. transaction.After.All<Pod>().Where(pod => pod.Metadata.Controller?.Uid == current.Uid)];
        int left = pods.Count(pod => pod.IsActive() && pod.IsReady());
        int listed = ended.Traffic.IsEmpty ? 0 : pods.Count(pod => IsListed(transaction.After, pod, ended));
        if (left + listed > 0)
        {
            simulation.Trace.Break($"{ended.Canary} was given up at revision {at}, has {left} ready pods and {listed} that slices list as ready, and nothing says any longer which requests they get");
        }
    }

    /// <summary>Whether gateways may choose a pod of the Services whose requests were divided; they know of pods what slices say, later than the pods' marks.</summary>
    private static bool IsListed(DatabaseState state, Pod pod, RolloutStateSpec ended) => state.All<EndpointSlice>()
        .Where(slice => ended.Traffic.Any(traffic => traffic.Service == slice.Metadata.Labels[EndpointSlice.ServiceNameLabel]))
        .Any(slice => slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == pod.Uid && endpoint.Conditions?.Ready != false));

    /// <summary>Past the last step it keeps what the stable one has no pods for, if it is on its way back. Testers are no exception.</summary>
    private static bool KeepsRequests(RolloutStateSpec state) =>
        state.Traffic.Any(traffic => !traffic.HeaderRoutes.IsEmpty) || (IsPastSteps(state) ? state.Phase != RolloutPhases.Aborted : state.WeightPerMille > 0);

    private static bool IsPastSteps(RolloutStateSpec state) => state.Step >= state.Steps;

    /// <summary>
    /// Past the last step the numbers of pods decide. Before it a weight that rises takes as many pods as its share of all, and the weight of a canary falls with them in every pass, as soon as they are fewer. A blue-green that is
    /// promoted keeps all requests, whatever becomes of its pods.
    /// </summary>
    private void CheckWeight(Transaction transaction, RolloutState state, Deployment deployment, Change? change)
    {
        int before = (change?.Previous as RolloutState)?.Spec.WeightPerMille ?? 0;
        bool isRising = change is not null && state.Spec.WeightPerMille > before;
        RolloutPolicy? policy = PolicyOf(transaction.After, deployment);
        if (IsPastSteps(state.Spec) || deployment.Metadata.IsDeleting || (!isRising && policy?.Spec.Strategy?.Canary is null))
        {
            return;
        }

        ReplicaSet? canary = transaction.After.All<ReplicaSet>().FirstOrDefault(item => item.Name == state.Spec.Canary);
        int available = availableOf(transaction, canary is null ? [] : [canary.Uid]);
        int needed = (int)Math.Ceiling(deployment.Replicas() * state.Spec.WeightPerMille / 1000.0);
        if (policy is not null && ScalesOf(policy).Any())
        {
            // Whoever sets the canary's scale has it take its share with those pods: all of it with all of them, and with fewer as much as they are of them.
            int size = canary?.Spec.Replicas ?? 0;
            int asked = Math.Max(1, AskedAt(policy, state.Spec.Step));
            needed = isRising ? Math.Max(1, Math.Min(needed, size)) : ((Math.Min(state.Spec.WeightPerMille, asked) * size) + asked - 1) / asked;
        }

        if (available < needed)
        {
            simulation.Trace.Break($"{state.Spec.Canary} has {available} available pods and gets {state.Spec.WeightPerMille} of 1000 requests, which take {needed}");
        }
    }

    /// <summary>Per mille of the requests that a policy's step asks for, or the one before it, which has just ended: whichever is more.</summary>
    private static int AskedAt(RolloutPolicy policy, int step) => Enumerable.Range(Math.Max(0, step - 1), 2)
        .Max(at => (int)((policy.Spec.Strategy!.Canary!.Steps.Take(at + 1).LastOrDefault(item => item.SetWeight is not null)?.SetWeight ?? 0) * 10));

    /// <summary>Until the new revision takes over, the stable one keeps as many pods as are declared; those of a lost node are replaced.</summary>
    private void CheckStable(Transaction transaction, RolloutState state, Deployment deployment)
    {
        if (state.Spec.Phase is RolloutPhases.Promoted || IsPastSteps(state.Spec) || StateOf(transaction.Before, deployment)?.Spec.Stable != state.Spec.Stable
            || transaction.After.All<ReplicaSet>().FirstOrDefault(item => item.Name == state.Spec.Stable) is not { } stable)
        {
            return;
        }

        bool isEnded = transaction.Changes.Any(change => change is { Previous: Pod before } && before.IsActive() && before.Metadata.Controller?.Uid == stable.Uid
            && transaction.Before.Find<Node>(new ObjectKey("", before.Spec.NodeName ?? ""))?.IsReady() == true
            && (change.Operation == ChangeOperation.Deleted || change.Object.Metadata.IsDeleting));
        int left = transaction.After.All<Pod>().Count(pod => pod.IsActive() && pod.Metadata.Controller?.Uid == stable.Uid);
        if (isEnded && left < deployment.Replicas())
        {
            simulation.Trace.Break($"{stable.Name} is the stable one and was left with {left} of {deployment.Replicas()} pods");
        }
    }

    private static RolloutPolicy? PolicyOf(DatabaseState state, Deployment deployment) =>
        state.All<RolloutPolicy>().FirstOrDefault(policy => policy.Spec.TargetRef?.Name == deployment.Name);

    private static IEnumerable<CanaryScale> ScalesOf(RolloutPolicy policy) =>
        (policy.Spec.Strategy?.Canary?.Steps ?? default).Select(step => step.SetCanaryScale).OfType<CanaryScale>();

    private static RolloutState? StateOf(DatabaseState state, Deployment deployment) =>
        state.All<RolloutState>().FirstOrDefault(item => item.Spec.Deployment == deployment.Name);

    private static bool IsOf(Resource item, Deployment deployment) =>
        item.Uid == deployment.Uid || item.Metadata.Controller?.Uid == deployment.Uid || (item as RolloutState)?.Spec.Deployment == deployment.Name;

    private static (long Revision, DateTimeOffset At)? RequestOf(Deployment deployment, string annotation) =>
        (deployment.Metadata.Annotations[annotation] ?? "").Split('@') is [var revision, var at]
            ? (long.Parse(revision, CultureInfo.InvariantCulture), DateTimeOffset.Parse(at, CultureInfo.InvariantCulture))
            : null;
}
