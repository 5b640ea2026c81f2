using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>Who makes a change.</summary>
/// <param name="Name">The token's name.</param>
/// <param name="UserAgent">The program, as it calls itself; empty when it does not say.</param>
public sealed record Author(string Name, string UserAgent)
{
    /// <summary>What the change is, in one sentence; empty: it is told by what differs.</summary>
    public string Change { get; init; } = "";
}

/// <summary>
/// The records of a Deployment's revisions: one is made with each declaration of another template, and each pass writes down what came of it.
/// </summary>
public static class RevisionRecords
{
    public const string Progressing = "Progressing";
    public const string Complete = "Complete";
    public const string Failed = "Failed";
    public const string Superseded = "Superseded";

    /// <summary>Records kept for a Deployment; beyond it the oldest go.</summary>
    public const int KeptMax = 50;

    private const string Reconciler = "system:reconciler";

    private const int NameLengthMax = 253;

    private const int UserAgentLengthMax = 128;

    /// <summary>The record of a declaration; null when the template stays as it was.</summary>
    /// <param name="stored">The Deployment before; null for a new one.</param>
    /// <param name="declared">The Deployment as it will be stored, its generation included.</param>
    /// <param name="author">Who declares it.</param>
    /// <param name="now">When.</param>
    /// <param name="ids">For the record's name and uid.</param>
    public static DeploymentRevision? Declared(Deployment? stored, Deployment declared, Author author, DateTimeOffset now, IdSource ids)
    {
        ArgumentNullException.ThrowIfNull(declared);
        ArgumentNullException.ThrowIfNull(author);
        ArgumentNullException.ThrowIfNull(ids);
        if (stored is not null && Templates.AreEqual(stored.Spec.Template, declared.Spec.Template))
        {
            return null;
        }

        string suffix = $"-{declared.Metadata.Generation ?? 1}-{ids.NameSuffix()}";
        int room = NameLengthMax - suffix.Length;
        return new DeploymentRevision
        {
            ApiVersion = ResourceKinds.DeploymentRevision.ApiVersion,
            Kind = ResourceKinds.DeploymentRevision.Kind,
            Metadata = new ObjectMeta
            {
                Name = (declared.Name.Length > room ? declared.Name[..room] : declared.Name) + suffix,
                Namespace = declared.Namespace,
                Uid = ids.Uid(),
                CreationTimestamp = now,
                OwnerReferences = [Ownership.ControllerReference(declared) with { BlockOwnerDeletion = null }],
            },
            Spec = new DeploymentRevisionSpec
            {
                Generation = declared.Metadata.Generation ?? 1,
                StartedBy = author.Name,
                UserAgent = Program(author.UserAgent),
                StartedAt = now,
                Change = author.Change.Length > 0 ? author.Change : TemplateChange.Describe(stored?.Spec.Template, declared.Spec.Template),
                Images = TemplateChange.Images(declared.Spec.Template).ToValueList(),
            },
        };
    }

    /// <summary>
    /// The plan with what it means for the records: the newest one's status, the end of those that were overtaken (one that never became a
    /// revision is forgotten), no more than are kept, and a change cause for a revision to which nobody gave one.
    /// </summary>
    internal static RolloutPlan Tell(RolloutPlan plan, WorkloadSnapshot snapshot)
    {
        if (plan.Deployment is not { Metadata.IsDeleting: false } deployment || snapshot.Deployment is not { } stored)
        {
            return plan;
        }

        Deployment next = Writes.WithGeneration(deployment, stored);
        if (Declared(stored, next, RollbackAuthor.Of(stored) ?? new Author(Reconciler, ""), snapshot.Now, snapshot.Ids) is { } declared)
        {
            return plan with { Records = [new Write.Create(declared)] };
        }

        if (ByAge(next, snapshot) is not [.. var older, var current])
        {
            return plan;
        }

        if (OfOtherContent(plan, deployment, current, snapshot) is { } undeclared)
        {
            return WithChangeCause(plan, deployment, undeclared) with { Records = [new Write.Create(undeclared)] };
        }

        plan = WithChangeCause(plan, deployment, current);
        IEnumerable<Write> overtaken = older.SkipLast(KeptMax - 1).Select(Write (record) => Write.Remove.Of(record))
            .Concat(older.TakeLast(KeptMax - 1).Select(record => Overtaken(record, snapshot.Now)).OfType<Write>());
        DeploymentRevisionStatus? status = StatusOf(plan, deployment, current, snapshot.Now);
        Write[] own = status == current.Status ? [] : [new Write.Update(current with { Status = status }, ResourceParts.Status)];
        return plan with { Records = [.. overtaken, .. own] };
    }

    /// <summary>What is on record of the present declaration; null when nothing is.</summary>
    internal static DeploymentRevisionStatus? OfPresent(Deployment deployment, WorkloadSnapshot snapshot) => ByAge(deployment, snapshot) is [.., var present] ? present.Status : null;

    private static DeploymentRevision[] ByAge(Deployment deployment, WorkloadSnapshot snapshot) =>
    [
        .. snapshot.Revisions
            .Where(record => record.Spec.Generation <= deployment.Metadata.Generation)
            .OrderBy(record => record.Spec.Generation)
            .ThenBy(record => record.Spec.StartedAt)
            .ThenBy(record => record.Name, StringComparer.Ordinal),
    ];

    /// <summary>The record of a revision that nobody declared: a ConfigMap or a Secret that the template refers to has another content.</summary>
    private static DeploymentRevision? OfOtherContent(RolloutPlan plan, Deployment deployment, DeploymentRevision current, WorkloadSnapshot snapshot) =>
        snapshot.Configured is { } configured && current.Status is { Revision: not null, ReplicaSet: { } before }
        && Newest(plan, deployment) is { } newest && newest.Name != before && Before(newest) != Revisions.Of(newest.ReplicaSet)
        && snapshot.ReplicaSets.FirstOrDefault(item => item.Name == before) is { } replaced && configured.ChangeSince(replaced.Spec.Template) is { Length: > 0 } change
            ? Declared(stored: null, deployment, new Author(Reconciler, "") { Change = change }, snapshot.Now, snapshot.Ids)
            : null;

    private static Write? Overtaken(DeploymentRevision record, DateTimeOffset now) => record.Status switch
    {
        { Outcome: Complete or Failed or Superseded } => null,
        { Revision: not null } status => new Write.Update(record with { Status = status with { Outcome = Superseded, EndedAt = now } }, ResourceParts.Status),
        _ => Write.Remove.Of(record),
    };

    private static DeploymentRevisionStatus? StatusOf(RolloutPlan plan, Deployment deployment, DeploymentRevision record, DateTimeOffset now)
    {
        if (Newest(plan, deployment) is not { } newest)
        {
            return record.Status;
        }

        bool isAnother = record.Status?.ReplicaSet is { } before && before != newest.Name;
        DeploymentRevisionStatus status = (record.Status ?? new DeploymentRevisionStatus()) with
        {
            Revision = Revisions.Of(newest.ReplicaSet),
            ReplicaSet = newest.Name,
            ResolvedImages = ResolvedImages.Of(newest.ReplicaSet),
            ChangeCause = newest.ReplicaSet.Metadata.Annotations[Revisions.ChangeCause],
        };
        // A ReplicaSet that was made in a deleted one's place is complete when that is marked on it: one of another content, or by another name, is on trial.
        if (status.Outcome == Complete && (!isAnother || Outcomes.Of(newest.ReplicaSet) == RevisionOutcome.Complete))
        {
            return status;
        }

        DeploymentStatus shown = deployment.Status ?? new DeploymentStatus();
        if (newest.Stored is not null && deployment.Spec.Replicas != 0 && RolloutStatus.IsComplete(deployment, shown))
        {
            return status with { Outcome = Complete, Reason = null, Message = null, EndedAt = now };
        }

        return Conditions.Find(shown.Conditions, WorkloadConditions.Progressing) is { Status: "False", Reason: Progress.TimedOut } failure
            ? status with
            {
                Outcome = Failed,
                Reason = Outcomes.FailureOf(newest.ReplicaSet)?.Reason ?? failure.Reason,
                Message = failure.Message,
                EndedAt = failure.LastTransitionTime,
            }
            : status with { Outcome = Progressing, Reason = null, Message = null, EndedAt = null };
    }

    /// <summary>
    /// A ReplicaSet that becomes a revision in this pass says what changed and who did it, in the annotation that <c>kubectl rollout history</c>
    /// shows, unless the Deployment has a change cause of its own.
    /// </summary>
    private static RolloutPlan WithChangeCause(RolloutPlan plan, Deployment deployment, DeploymentRevision record)
    {
        if (Newest(plan, deployment) is not { } newest || Revisions.HasChangeCause(deployment) || Before(newest) == Revisions.Of(newest.ReplicaSet))
        {
            return plan;
        }

        string again = Before(newest) is > 0 and var earlier ? $"back to revision {earlier}: " : "";
        string with = string.IsNullOrEmpty(record.Spec.UserAgent) ? "" : $" with {record.Spec.UserAgent}";
        RolloutMember told = newest with
        {
            ReplicaSet = Revisions.WithFilledChangeCause(newest.ReplicaSet, $"{again}{record.Spec.Change}, by {record.Spec.StartedBy}{with}"),
        };
        return plan with { Members = plan.Members.Select(member => ReferenceEquals(member, newest) ? told : member).ToValueList() };
    }

    private static long Before(RolloutMember member) => member.Stored is { } stored ? Revisions.Of(stored) : 0;

    /// <summary>The oldest ReplicaSet with the declared template.</summary>
    private static RolloutMember? Newest(RolloutPlan plan, Deployment deployment)
    {
        List<RolloutMember> alike = [.. plan.Members.Where(member => Templates.AreEqual(member.ReplicaSet.Spec.Template, deployment.Spec.Template))];
        alike.Sort(RolloutMember.CompareAge);
        return alike.FirstOrDefault();
    }

    /// <summary>The first word: <c>kubectl/v1.36.0 (linux/amd64) kubernetes/a1b2c3d</c> is <c>kubectl/v1.36.0</c>.</summary>
    internal static string? Program(string userAgent)
    {
        string first = userAgent.Split(' ', 2)[0];
        return first.Length == 0 ? null : first.Length > UserAgentLengthMax ? first[..UserAgentLengthMax] : first;
    }
}
