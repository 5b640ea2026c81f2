using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>Who declared a Deployment's template goes on record in the same unit as the declaration.</summary>
internal static class RevisionRecording
{
    /// <summary>
    /// The record's write, or none. It comes before the Deployment's own, whose revision is then the unit's last.
    /// </summary>
    public static IEnumerable<Write> Of(Resource? stored, Resource updated, WriteContext context, DateTimeOffset now, IdSource ids)
    {
        if (updated is Deployment declared
            && RevisionRecords.Declared(stored as Deployment, declared, AuthorOf(context), now, ids) is { } record)
        {
            yield return new Write.Create(record);
        }
    }

    /// <summary>A Deployment with who asks for the rollback that one of its annotations asks for; anything else as it is.</summary>
    public static Resource Signed(Resource? stored, Resource updated, WriteContext context) =>
        updated is Deployment declared ? RollbackAuthor.Signed(stored as Deployment, declared, AuthorOf(context)) : updated;

    private static Author AuthorOf(WriteContext context) => new(context.Actor, context.UserAgent) { Change = context.Change };
}
