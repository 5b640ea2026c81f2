using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Checking;

/// <summary>
/// The reconciler goes back to an older revision only from one that has failed on record; it marks none so that was complete once, none before its time, and none of a Deployment whose
/// policy keeps failed ones, unless its user gives it up.
/// </summary>
internal sealed class RollbackRule(Simulation simulation, Func<DatabaseState, Deployment, bool> isResized)
{
    private const string Complete = "Complete";
    private const string DeclaredAgain = "DeclaredAgain";
    private const string Failed = "Failed";
    private const string DeadlineExceeded = "ProgressDeadlineExceeded";

    /// <summary>What whole seconds lose, at both ends.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    /// <summary>When a Deployment's present template was declared, by the true time.</summary>
    private readonly Dictionary<string, DateTimeOffset> declaredAt = new(StringComparer.Ordinal);

    /// <summary>Where a Deployment has come to rest whose declared revision has failed: all pods are of the newest one that was complete.</summary>
    public static IEnumerable<string> MissingOf(DatabaseState state, Deployment deployment, ReplicaSet failed)
    {
        ReplicaSet? good = state.ReplicaSetsOf(deployment).Where(item => item.Uid != failed.Uid && item.IsMarked(Complete) && !item.IsMarked(Failed) && !item.IsMarked(DeclaredAgain)).MaxBy(Workloads.Revision);
        Pod[] active = [.. state.PodsOf(deployment).Where(Workloads.IsActive)];
        int serving = active.Count(pod => pod.IsReady() && pod.Metadata.Controller?.Uid == good?.Uid);
        if (good is null || active.Length != deployment.Replicas() || serving != active.Length)
        {
            yield return $"{deployment.Name} has failed with {failed.Name}, wants {deployment.Replicas()} pods of {good?.Name} and has {active.Length}, {serving} of them";
        }

        ValueList<Condition> conditions = deployment.Status?.Conditions ?? default;
        if (Conditions.Find(conditions, "RolledBack")?.Status != "True" || Conditions.Find(conditions, "Progressing") is not { Status: "False", Reason: DeadlineExceeded })
        {
            yield return $"{deployment.Name} is rolled back and does not say so";
        }
    }

    public void NoteDeclared(Change change, Deployment deployment)
    {
        if (change.Previous is not Deployment before || before.Spec.Template != deployment.Spec.Template)
        {
            declaredAt[deployment.Uid] = simulation.Scheduler.Now;
        }
    }

    public void Forget() => declaredAt.Clear();

    public void Check(Transaction transaction)
    {
        foreach (Change change in transaction.Changes)
        {
            if (change is { Object: ReplicaSet now, Previous: ReplicaSet before } && change.Operation != ChangeOperation.Deleted
                && transaction.After.All<Deployment>().FirstOrDefault(item => item.Uid == now.Metadata.Controller?.Uid) is { Metadata.IsDeleting: false } deployment)
            {
                CheckVerdict(transaction, deployment, before, now);
                CheckReturn(transaction, deployment, before, now);
            }
        }
    }

    private void CheckVerdict(Transaction transaction, Deployment deployment, ReplicaSet before, ReplicaSet now)
    {
        if (now.Marked(Failed) is not { } failure)
        {
            return;
        }

        if ((before.IsMarked(Complete) || now.IsMarked(Complete)) && !IsUsersWish(failure))
        {
            simulation.Trace.Break($"{now.Name} was complete once and is failed now: {failure.Reason}");
        }

        if (before.IsMarked(Failed))
        {
            return;
        }

        if (IsKept(transaction.After, deployment) && !IsUsersWish(failure))
        {
            simulation.Trace.Break($"{now.Name} is failed by the reconciler, {failure.Reason}, and its policy does not want it rolled back");
        }

        TimeSpan deadline = TimeSpan.FromSeconds(deployment.Spec.ProgressDeadlineSeconds ?? 600);
        if (failure.Reason == DeadlineExceeded && !simulation.ReplicasDisagree && declaredAt.TryGetValue(deployment.Uid, out DateTimeOffset declared)
            && simulation.Scheduler.Now - declared < deadline - Tolerance)
        {
            simulation.Trace.Break($"{now.Name} is out of time {(simulation.Scheduler.Now - declared).TotalSeconds:0.0} s after it was declared, and has {deadline.TotalSeconds:0} s");
        }
    }

    /// <summary>
    /// An older revision is given more pods only when the declared one has failed. Scaling gives them too, in proportion; and a policy with steps keeps the stable revision whole.
    /// </summary>
    private void CheckReturn(Transaction transaction, Deployment deployment, ReplicaSet before, ReplicaSet now)
    {
        if ((now.Spec.Replicas ?? 1) <= (before.Spec.Replicas ?? 1) || isResized(transaction.Before, deployment) || PolicyOf(transaction.After, deployment)?.Spec.Strategy is not null
            || deployment.Spec.Paused == true
            || deployment.CurrentOf(transaction.After.ReplicaSetsOf(deployment)) is not { } current || current.Uid == now.Uid)
        {
            return;
        }

        if (current.Marked(Failed) is not { } failure)
        {
            simulation.Trace.Break($"{deployment.Name} goes back to {now.Name}, and {current.Name} has not failed");
        }
        else if (IsKept(transaction.After, deployment) && !IsUsersWish(failure))
        {
            simulation.Trace.Break($"{deployment.Name} goes back to {now.Name}, and its policy does not want it");
        }
    }

    private static bool IsUsersWish(Condition failure) => failure.Reason is "Aborted" or "AnalysisFailed";

    private static bool IsKept(DatabaseState state, Deployment deployment) =>
        PolicyOf(state, deployment)?.Spec.RollbackOnFailure == false;

    private static RolloutPolicy? PolicyOf(DatabaseState state, Deployment deployment) =>
        state.All<RolloutPolicy>().FirstOrDefault(policy => policy.Spec.TargetRef?.Name == deployment.Name);
}
