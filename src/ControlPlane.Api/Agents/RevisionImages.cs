using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Agents;

/// <summary>What a pod's revision knows about its images.</summary>
internal static class RevisionImages
{
    /// <summary>The ReplicaSet that controls a pod; null when none does.</summary>
    public static ReplicaSet? OwnerOf(Pod pod, IResourceCache cache) =>
        pod.Metadata.Controller is { } controller && controller.Kind == ResourceKinds.ReplicaSet.Kind
        && cache.Find(ResourceKinds.ReplicaSet, new ObjectKey(pod.Namespace, controller.Name)) is ReplicaSet owner && owner.Uid == controller.Uid
            ? owner
            : null;

    /// <summary>What is known for one pod's images.</summary>
    public static IEnumerable<ResolvedImage> For(Pod pod, IResourceCache cache) => OwnerOf(pod, cache) is { } owner
        ? ResolvedImages.Of(owner).Select(known => new ResolvedImage(pod.Uid, known.Key, known.Value))
        : [];
}
