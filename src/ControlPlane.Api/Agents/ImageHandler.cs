using System.Collections.Immutable;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Agents;

/// <summary>
/// Has all pods of a revision run the same images: the first node that starts one says what a name stands for, and every later one is told so. Two that ask
/// at the same moment write the same ReplicaSet, so that the store refuses one, which then reads what the other has said.
/// </summary>
internal sealed class ImageHandler(IResourceStore store, CacheReader reader)
{
    /// <summary>How often the word of a node is tried when others write the same ReplicaSet at the same time.</summary>
    private const int AttemptsMax = 5;

    public async Task<ImageReply> HandleAsync(string node, ImageReport report, CancellationToken cancellationToken)
    {
        if (!ResolvedImages.IsResolutionOf(report.Image, report.Resolved))
        {
            throw StatusError.BadRequest(
                $"resolved: Invalid value: \"{report.Resolved}\": must be the repository of \"{report.Image}\" with a digest, or an image's id (sha256:…)");
        }

        for (int attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            await reader.WaitForLatestAsync(cancellationToken);
            if (RevisionOf(node, report) is not { } revision)
            {
                // A pod of its own, or one that is gone: its node is free to run what it has.
                return new ImageReply(report.Resolved);
            }

            if (ResolvedImages.Of(revision)[report.Image] is { } known)
            {
                return new ImageReply(known);
            }

            if (ResolvedImages.With(revision, report.Image, report.Resolved) is not { } told || await IsStoredAsync(node, revision, told, cancellationToken))
            {
                return new ImageReply(report.Resolved);
            }
        }

        throw StatusError.ServiceUnavailable($"the image of pod {report.Name} met other writes {AttemptsMax} times");
    }

    private ReplicaSet? RevisionOf(string node, ImageReport report) =>
        reader.Find<Pod>(new ObjectKey(report.Namespace, report.Name)) is { } pod && pod.Uid == report.PodUid && pod.Spec.NodeName == node
            ? RevisionImages.OwnerOf(pod, reader.Cache)
            : null;

    private async Task<bool> IsStoredAsync(string node, ReplicaSet read, ReplicaSet told, CancellationToken cancellationToken)
    {
        CommitUnit unit = new()
        {
            Actor = $"system:node:{node}",
            Preconditions = [Precondition.DesiredUnchanged.Of(read)],
            Writes = [new Write.Update(told, ResourceParts.Desired)],
        };
        ImmutableArray<UnitResult> results = await store.CommitAsync([unit], cancellationToken);
        return results[0] is UnitResult.Committed;
    }
}
