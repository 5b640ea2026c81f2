using System.Globalization;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>What an action makes of a Deployment.</summary>
public abstract record ActionOutcome
{
    private ActionOutcome()
    {
    }

    /// <summary>The Deployment as it should be; the same when there is nothing to do.</summary>
    public sealed record Done(Deployment Deployment, string Message, long? Revision = null) : ActionOutcome;

    /// <summary>Not as things are (409): another action has to come first, or nothing waits for this one.</summary>
    public sealed record NotNow(string Because) : ActionOutcome;

    /// <summary>Never (422): a value that means nothing here.</summary>
    public sealed record Invalid(string Field, string Because) : ActionOutcome;
}

/// <summary>Actions as changes of desired state.</summary>
public static class RolloutActions
{
    /// <summary>Where <c>kubectl rollout restart</c> writes when it was asked.</summary>
    private const string RestartedAt = "kubectl.kubernetes.io/restartedAt";

    /// <summary>The finest difference that a recorded request keeps.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    internal static readonly ActionOutcome.NotNow NotBegun = new("its rollout has not begun yet; try again");

    /// <param name="action">What is asked.</param>
    /// <param name="deployment">The Deployment as it is stored.</param>
    /// <param name="replicaSets">Those that it controls.</param>
    /// <param name="now">When it is asked.</param>
    /// <param name="state">How far its canary or blue-green has come; null while none is on its way.</param>
    public static ActionOutcome Apply(RolloutAction action, Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, DateTimeOffset now, RolloutState? state = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(replicaSets);
        return action switch
        {
            _ when deployment.Metadata.IsDeleting => new ActionOutcome.NotNow("it is being deleted"),
            RolloutAction.Rollback rollback => Rollback(deployment, replicaSets, rollback.ToRevision ?? 0),
            RolloutAction.Restart => Restart(deployment, now),
            RolloutAction.Pause => SetPaused(deployment, isPaused: true),
            RolloutAction.Resume => SetPaused(deployment, isPaused: false),
            RolloutAction.Promote promote => Promote(deployment, replicaSets, state?.Spec, promote.Full, now),
            RolloutAction.Abort => Abort(deployment, replicaSets, now),
            RolloutAction.Retry => Retry(deployment, replicaSets, now),
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, "no such action"),
        };
    }

    private static ActionOutcome Rollback(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, long revision)
    {
        if (revision < 0)
        {
            return new ActionOutcome.Invalid("toRevision", $"Invalid value: {revision}: must be greater than or equal to 0");
        }

        if (deployment.Spec.Paused == true)
        {
            return new ActionOutcome.NotNow("it is paused; resume it before it is rolled back");
        }

        ReplicaSet? target = revision == 0 ? LastGood(deployment, replicaSets) : replicaSets.FirstOrDefault(item => Revisions.Of(item) == revision);
        if (target is null)
        {
            return revision == 0
                ? new ActionOutcome.NotNow("there is no older revision to go back to")
                : new ActionOutcome.Invalid("toRevision", $"Invalid value: {revision}: there is no such revision; there are {Known(replicaSets)}");
        }

        return Templates.AreEqual(deployment.Spec.Template, target.Spec.Template)
            ? new ActionOutcome.Done(deployment, $"revision {Revisions.Of(target)} is declared already", Revisions.Of(target))
            : new ActionOutcome.Done(Rollouts.Rollback.To(deployment, target), $"rolled back to revision {Revisions.Of(target)}", Revisions.Of(target));
    }

    /// <summary>
    /// The newest revision other than the present one that has been complete; where no outcome is on record, the newest that has not failed.
    /// Of 1 (complete), 2 (failed) and 3 (present) it is 1.
    /// </summary>
    private static ReplicaSet? LastGood(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets)
    {
        List<ReplicaSet> older =
        [
            .. replicaSets
                .Where(item => !item.Metadata.IsDeleting && !Templates.AreEqual(item.Spec.Template, deployment.Spec.Template))
                .OrderByDescending(Revisions.Of),
        ];
        return older.Find(item => Outcomes.Of(item) == RevisionOutcome.Complete && !Outcomes.TakesSteps(item)) ?? older.Find(item => Outcomes.Of(item) != RevisionOutcome.Failed);
    }

    internal static string Known(IReadOnlyList<ReplicaSet> replicaSets) => replicaSets.Count == 0
        ? "none"
        : string.Join(", ", replicaSets.Select(Revisions.Of).Order());

    private static ActionOutcome Restart(Deployment deployment, DateTimeOffset now)
    {
        if (deployment.Spec.Paused == true)
        {
            return new ActionOutcome.NotNow("it is paused; resume it before it is restarted");
        }

        PodTemplateSpec template = deployment.Spec.Template;
        string at = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (template.Metadata.Annotations[RestartedAt] == at)
        {
            return new ActionOutcome.Done(deployment, "it was restarted in this very second");
        }

        ObjectMeta metadata = template.Metadata with { Annotations = template.Metadata.Annotations.SetItem(RestartedAt, at) };
        return new ActionOutcome.Done(deployment with { Spec = deployment.Spec with { Template = template with { Metadata = metadata } } }, "restarted");
    }

    private static ActionOutcome.Done SetPaused(Deployment deployment, bool isPaused)
    {
        string state = isPaused ? "paused" : "resumed";
        return (deployment.Spec.Paused == true) == isPaused
            ? new ActionOutcome.Done(deployment, isPaused ? "it is paused already" : "it is not paused")
            : new ActionOutcome.Done(deployment with { Spec = deployment.Spec with { Paused = isPaused ? true : null } }, state);
    }

    /// <summary>Recorded with the revision that it is about, and later than a retry before it, so that it is the one that counts.</summary>
    private static ActionOutcome Abort(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, DateTimeOffset now)
    {
        if (Current(deployment, replicaSets) is not { } current)
        {
            return NotBegun;
        }

        long revision = Revisions.Of(current);
        DateTimeOffset? retriedAt = RolloutRequests.At(deployment, RolloutRequests.Retry, revision);
        return Outcomes.Of(current) switch
        {
            RevisionOutcome.Complete when !Outcomes.TakesSteps(current) => new ActionOutcome.NotNow($"revision {revision} has been complete, there is nothing to abort; a rollback goes back from it"),
            RevisionOutcome.Failed => new ActionOutcome.Done(deployment, $"revision {revision} has failed already", revision),
            _ when !replicaSets.Any(item => item != current && Outcomes.Of(item) == RevisionOutcome.Complete && !Outcomes.TakesSteps(item)) =>
                new ActionOutcome.NotNow("no older revision has been complete, so there is none to go back to"),
            _ when RolloutRequests.At(deployment, RolloutRequests.Abort, revision) is { } abortedAt && !(abortedAt <= retriedAt) =>
                new ActionOutcome.Done(deployment, $"revision {revision} is given up already", revision),
            _ => Requested(deployment, RolloutRequests.Abort, revision, Later(now, retriedAt + Tick), $"revision {revision} is given up"),
        };
    }

    /// <summary>Not before the failure that it is about, nor before a request to give up, and not the same as the retry before, whatever this replica's clock says.</summary>
    private static ActionOutcome Retry(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, DateTimeOffset now)
    {
        if (Current(deployment, replicaSets) is not { } current)
        {
            return NotBegun;
        }

        long revision = Revisions.Of(current);
        DateTimeOffset? failedAt = Trial.FailedAt(deployment, current);
        if (failedAt is null)
        {
            return new ActionOutcome.NotNow($"revision {revision} has not failed");
        }

        DateTimeOffset? abortedAt = RolloutRequests.At(deployment, RolloutRequests.Abort, revision);
        DateTimeOffset? retriedAt = RolloutRequests.At(deployment, RolloutRequests.Retry, revision);
        return Trial.IsRetryNew(deployment, current) && !(abortedAt > retriedAt)
            ? new ActionOutcome.Done(deployment, $"revision {revision} is being tried again already", revision)
            : Requested(deployment, RolloutRequests.Retry, revision, Later(Later(Later(now, failedAt), abortedAt), retriedAt + Tick), $"revision {revision} is tried again");
    }

    /// <summary>The declared revision; null when it has not begun.</summary>
    internal static ReplicaSet? Current(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets) =>
        replicaSets
            .Where(item => Templates.AreEqual(item.Spec.Template, deployment.Spec.Template))
            .OrderBy(item => item.Metadata.CreationTimestamp)
            .ThenBy(item => item.Name, StringComparer.Ordinal)
            .FirstOrDefault();

    private static ActionOutcome.Done Requested(Deployment deployment, string request, long revision, DateTimeOffset at, string message)
    {
        ObjectMeta metadata = deployment.Metadata with
        {
            Annotations = deployment.Metadata.Annotations.SetItem(request, RolloutRequests.Format(revision, at)),
        };
        return new ActionOutcome.Done(deployment with { Metadata = metadata }, message, revision);
    }

    private static DateTimeOffset Later(DateTimeOffset now, DateTimeOffset? other) => other > now ? other.Value : now;

    /// <summary>
    /// Recorded with the revision and the step that it ends, and no earlier than that step began, so that it means nothing to any other. One that is paused is resumed first.
    /// </summary>
    private static ActionOutcome Promote(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, RolloutStateSpec? state, bool full, DateTimeOffset now)
    {
        if (deployment.Spec.Paused == true)
        {
            return SetPaused(deployment, isPaused: false);
        }

        bool isOnItsWay = state is { Phase: not RolloutPhases.Aborted } && Current(deployment, replicaSets) is { } current
            && current.Name == state.Canary && Revisions.Of(current) == state.Revision;
        if (!isOnItsWay || state!.Step >= state.Steps)
        {
            return new ActionOutcome.NotNow("nothing waits for a promotion: it is not paused, and it is at no step of a canary or blue-green");
        }

        if (!full && state.Since is null)
        {
            return new ActionOutcome.NotNow($"step {state.Step} of {state.Steps} stands without its policy {state.Policy}: it goes on by a policy with a strategy, or is promoted in full or given up");
        }

        bool isAsked = full
            ? RolloutRequests.IsPromotedInFull(deployment, state.Revision)
            : RolloutRequests.IsPromoted(deployment, state.Revision, state.Step, state.Since);
        if (isAsked)
        {
            return new ActionOutcome.Done(deployment, $"revision {state.Revision} is promoted already", state.Revision);
        }

        DateTimeOffset? after = full ? RolloutRequests.At(deployment, RolloutRequests.Retry, state.Revision) + Tick : state.Since;
        string request = RolloutRequests.FormatPromotion(state.Revision, full ? null : state.Step, Later(now, after));
        ObjectMeta metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(RolloutRequests.Promote, request) };
        string what = full ? "past all steps that are left" : $"past step {state.Step} of {state.Steps}";
        return new ActionOutcome.Done(deployment with { Metadata = metadata }, $"revision {state.Revision} is promoted {what}", state.Revision);
    }
}
