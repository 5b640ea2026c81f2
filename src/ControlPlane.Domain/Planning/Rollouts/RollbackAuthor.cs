using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// Who asked for a rollback by <see cref="Rollback.Annotation"/>: the API writes it beside the request, for the reconciler, which carries the request out, cannot know it otherwise. It goes with the request, and nobody
/// else's word for it is taken.
/// </summary>
public static class RollbackAuthor
{
    /// <summary><c>controlplane.dev/rollback-asked-by: "ann with kubectl/v1.36.0"</c>.</summary>
    public const string Annotation = "controlplane.dev/rollback-asked-by";

    private const string With = " with ";

    /// <summary>A Deployment as it will be stored with the author of the request that it makes: who changes it, or whoever made the same one before.</summary>
    /// <param name="stored">The Deployment before; null for a new one.</param>
    /// <param name="declared">The Deployment as it is to be stored.</param>
    /// <param name="author">Who declares it.</param>
    public static Deployment Signed(Deployment? stored, Deployment declared, Author author)
    {
        ArgumentNullException.ThrowIfNull(declared);
        ArgumentNullException.ThrowIfNull(author);
        string? asked = declared.Metadata.Annotations[Rollback.Annotation];
        string? askedBy = asked is null ? null
            : asked == stored?.Metadata.Annotations[Rollback.Annotation] ? stored.Metadata.Annotations[Annotation]
            : $"{author.Name}{With}{RevisionRecords.Program(author.UserAgent)}";
        ValueMap<string> annotations = declared.Metadata.Annotations;
        return annotations[Annotation] == askedBy ? declared : declared with
        {
            Metadata = declared.Metadata with { Annotations = askedBy is null ? annotations.Remove(Annotation) : annotations.SetItem(Annotation, askedBy) },
        };
    }

    /// <summary>Who asked; null where nobody did, or it is not on record.</summary>
    internal static Author? Of(Deployment deployment)
    {
        string askedBy = deployment.Metadata.Annotations[Annotation] ?? "";
        int end = askedBy.LastIndexOf(With, StringComparison.Ordinal);
        return Rollback.Asked(deployment) is null || end < 0 ? null : new Author(askedBy[..end], askedBy[(end + With.Length)..]);
    }
}
