using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>
/// Where a declared template stands among the revisions whose pods there are: what has yet to be rolled is told by the ReplicaSets and their pods, for a template that was
/// declared while the Deployment was paused, or a moment ago, is stored already and yet has no pods.
/// </summary>
internal sealed class DeclaredRevision
{
    private readonly Rollout rollout;
    private readonly bool isPaused;
    private readonly long next;

    public DeclaredRevision(WorkloadSnapshot snapshot, Deployment declared)
    {
        rollout = Trial.AfterRetry(Rollout.Of(declared, WorkloadPlanner.Members(snapshot, snapshot.ReplicaSets), snapshot.Policy), snapshot.Now);
        isPaused = declared.Spec.Paused == true;
        next = Revisions.Next(rollout.Old.Select(member => member.ReplicaSet));
    }

    /// <summary>Whether pods of it replace others, or will.</summary>
    public bool Rolls => !isPaused && IsYetToRoll;

    /// <summary>What happens with it, for people.</summary>
    public string Message => this switch
    {
        _ when IsYetToRoll && isPaused => "it is paused: the new template is rolled once it is resumed",
        { rollout.New: null } => $"the new template becomes revision {next}",
        { IsDeclaredAgain: true } => $"the template of revision {Revision} becomes revision {next}",
        _ when IsYetToRoll => $"revision {Revision} goes on: it has {rollout.New.Counts.Active} of {rollout.Replicas} pods, and there are {OlderPods} of other revisions",
        _ when IsGivenUp => $"revision {Revision} has failed, and another serves in its place, so it is not rolled",
        _ => "the template is the same, so nothing is rolled",
    };

    private bool IsYetToRoll => rollout.New is null || IsDeclaredAgain || (IsOnItsWay && !IsGivenUp);

    /// <summary>Whether a template of an older revision is declared: of revisions 1 and 2, the template of 1.</summary>
    private bool IsDeclaredAgain => rollout.New is not null && !rollout.Old.IsEmpty && Revision < next;

    /// <summary>
    /// A revision that was complete, and has its pods, rolls no more, though others' pods may wait for their end as after a blue-green's switch; one that was complete before and takes its policy's steps again is on its way.
    /// </summary>
    private bool IsOnItsWay => OlderPods > 0
        && (Outcomes.Of(rollout.New!.ReplicaSet) != RevisionOutcome.Complete || Outcomes.TakesSteps(rollout.New.ReplicaSet) || rollout.New.Counts.Active < rollout.Replicas);

    private bool IsGivenUp => Trial.IsGivenUp(rollout);

    private long Revision => Revisions.Of(rollout.New!.ReplicaSet);

    private int OlderPods => rollout.Old.Sum(member => member.Counts.Active);
}
