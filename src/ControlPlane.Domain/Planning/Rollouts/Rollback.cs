using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// The old way to ask for a rollback: an annotation that names the revision to go back to, 0 for the last one. It is taken off whatever comes of
/// it, so it is acted on once (Kubernetes: <c>deprecated.deployment.rollback.to</c>).
/// </summary>
internal static class Rollback
{
    public const string Annotation = "deprecated.deployment.rollback.to";

    /// <summary>The revision asked for; null when none is, or none that can be read.</summary>
    public static long? Asked(Deployment deployment) =>
        long.TryParse(deployment.Metadata.Annotations[Annotation], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long revision) ? revision : null;

    /// <summary>The Deployment with that revision's template and annotations, or unchanged but for the request, and what to tell people.</summary>
    public static (Deployment Deployment, EventNote Note) Apply(Rollout rollout, long asked)
    {
        Deployment deployment = rollout.Deployment with
        {
            Metadata = rollout.Deployment.Metadata with { Annotations = rollout.Deployment.Metadata.Annotations.Remove(Annotation).Remove(RollbackAuthor.Annotation) },
        };
        long revision = asked == 0 ? Last(rollout) : asked;
        if (revision == 0)
        {
            return (deployment, EventNote.Warning(deployment, "DeploymentRollbackRevisionNotFound", "Unable to find last revision."));
        }

        if (rollout.Members.FirstOrDefault(member => Revisions.Of(member.ReplicaSet) == revision)?.ReplicaSet is not { } target)
        {
            return (deployment, EventNote.Warning(deployment, "DeploymentRollbackRevisionNotFound", "Unable to find the revision to rollback to."));
        }

        if (Templates.AreEqual(deployment.Spec.Template, target.Spec.Template))
        {
            string message = $"The rollback revision contains the same template as current deployment \"{deployment.Name}\"";
            return (deployment, EventNote.Warning(deployment, "DeploymentRollbackTemplateUnchanged", message));
        }

        return (To(deployment, target), EventNote.Normal(deployment, "DeploymentRollback", $"Rolled back deployment \"{deployment.Name}\" to revision {revision}"));
    }

    /// <summary>The Deployment with a revision's template and annotations.</summary>
    public static Deployment To(Deployment deployment, ReplicaSet target) => deployment with
    {
        Metadata = deployment.Metadata with { Annotations = AnnotationsOf(deployment, target) },
        Spec = deployment.Spec with { Template = Templates.WithoutHash(target.Spec.Template) },
    };

    /// <summary>The second highest revision: the one before the present. With 1, 2 and 4 it is 2; 0 when there is none.</summary>
    private static long Last(Rollout rollout)
    {
        IEnumerable<long> old = rollout.Old.Select(member => Revisions.Of(member.ReplicaSet));
        long present = rollout.New is { } current ? Revisions.Of(current.ReplicaSet) : long.MaxValue;
        return old.Append(present).Order().Reverse().ElementAtOrDefault(1);
    }

    /// <summary>The revision's own annotations come back with it, a change cause for instance; the Deployment's own records stay.</summary>
    private static ValueMap<string> AnnotationsOf(Deployment deployment, ReplicaSet target) =>
        deployment.Metadata.Annotations.Where(annotation => !Revisions.IsCopied(annotation.Key))
            .Concat(Revisions.ToCopy(target))
            .ToValueMap();
}
