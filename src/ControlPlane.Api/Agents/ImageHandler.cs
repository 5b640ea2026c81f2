using System.Collections.Immutable;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

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
        Check("resolved", report.Image, report.Resolved);
        foreach ((string image, string resolved) in report.Others)
        {
            Check($"others[{image}]", image, resolved);
        }

        for (int attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            await reader.WaitForLatestAsync(cancellationToken);
            if (RevisionOf(node, report) is not { } revision)
            {
                // A pod of its own, or one that is gone: its node is free to run what it has.
                return new ImageReply(report.Resolved) { Others = report.Others };
            }

            ReplicaSet told = With(revision, report);
            if (told == revision || await IsStoredAsync(node, revision, told, cancellationToken))
            {
                return Reply(told, report);
            }
        }

        throw StatusError.ServiceUnavailable($"the image of pod {report.Name} met other writes {AttemptsMax} times");
    }

    private static void Check(string field, string image, string? resolved)
    {
        if (resolved is null || !ResolvedImages.IsResolutionOf(image, resolved))
        {
            throw StatusError.BadRequest($"{field}: Invalid value: \"{resolved}\": must be the repository of \"{image}\" with a digest, or an image's id (sha256:…)");
        }
    }

    /// <summary>The revision with what a report says of the names that it does not know.</summary>
    private static ReplicaSet With(ReplicaSet revision, ImageReport report) => report.Others
        .Aggregate(ResolvedImages.With(revision, report.Image, report.Resolved) ?? revision, (told, said) => ResolvedImages.With(told, said.Key, said.Value) ?? told);

    private static ImageReply Reply(ReplicaSet revision, ImageReport report)
    {
        ValueMap<string> known = ResolvedImages.Of(revision);
        return new ImageReply(known[report.Image] ?? report.Resolved)
        {
            Others = report.Others.Select(said => KeyValuePair.Create(said.Key, known[said.Key] ?? said.Value)).ToValueMap(),
        };
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
