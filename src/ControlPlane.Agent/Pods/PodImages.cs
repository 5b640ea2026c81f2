using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// The images of a pod's containers: had as the pull policy says, and the same ones for all pods of a revision. What a name stands for is said by the first node that
/// starts one of them; every other node runs that digest, wherever the tag has moved since.
/// </summary>
internal sealed class PodImages(IContainerRuntime runtime, ImageAgreement agreement, DesiredHolder desired, EventBuffer events, TimeProvider time) : IDisposable
{
    private const int MaxPullsAtOnce = 3;

    private readonly SemaphoreSlim pulls = new(MaxPullsAtOnce);

    /// <summary>What to make a container from: the image is on this machine then. Null when it is not, and may not be pulled.</summary>
    /// <exception cref="ImagePullException">The image could not be had; the message says why.</exception>
    public async Task<string?> GetAsync(Pod pod, Container container, CancellationToken cancellationToken)
    {
        string image = container.Image ?? "";
        string? known = agreement.KnownFor(pod, container);
        if (known is not null && ResolvedImages.IsOfRegistry(known))
        {
            return await HasAsync(pod, container, known, cancellationToken) ? known : null;
        }

        if (!await HasAsync(pod, container, image, cancellationToken))
        {
            return null;
        }

        if (!IsOfRevision(pod) || ImageName.Parse(image).Digest.Length > 0 || await runtime.ResolveImageAsync(image, cancellationToken) is not { } found)
        {
            return image;
        }

        known ??= await agreement.AskAsync(pod, container, found, cancellationToken);
        if (ResolvedImages.IsOfRegistry(known))
        {
            return known == found || await HasAsync(pod, container, known, cancellationToken) ? known : null;
        }

        if (known != found)
        {
            events.Say(
                pod, container.Name, "Warning", "ImageDiffers", $"Image \"{image}\" is {found} on this node, and {known} where its revision was started first");
        }

        return image;
    }

    public void Dispose() => pulls.Dispose();

    private static bool IsOfRevision(Pod pod) => pod.Metadata.Controller?.Kind == ResourceKinds.ReplicaSet.Kind;

    /// <summary>Has an image on this machine, pulled as the container's policy says; false when it is not there and may not be pulled.</summary>
    private async Task<bool> HasAsync(Pod pod, Container container, string image, CancellationToken cancellationToken)
    {
        string policy = ImageName.PullPolicyOf(container.Image ?? "", container.ImagePullPolicy);
        if (policy != "Always" && await IsPresentAsync(pod, container, image, cancellationToken))
        {
            return true;
        }

        if (policy == "Never")
        {
            return false;
        }

        await pulls.WaitAsync(cancellationToken);
        try
        {
            // Another pod may have pulled it while this one waited.
            if (policy != "Always" && await IsPresentAsync(pod, container, image, cancellationToken))
            {
                return true;
            }

            events.Say(pod, container.Name, "Normal", "Pulling", $"Pulling image \"{image}\"");
            long begun = time.GetTimestamp();
            RegistryLogin? login = desired.LoginFor(pod.Uid, ImageName.Parse(image).Registry);
            await runtime.PullAsync(image, login, cancellationToken);
            string took = $"{time.GetElapsedTime(begun).TotalSeconds:0.###}s";
            events.Say(pod, container.Name, "Normal", "Pulled", $"Successfully pulled image \"{image}\" in {took}");
            return true;
        }
        finally
        {
            pulls.Release();
        }
    }

    private async Task<bool> IsPresentAsync(Pod pod, Container container, string image, CancellationToken cancellationToken)
    {
        if (!await runtime.HasImageAsync(image, cancellationToken))
        {
            return false;
        }

        events.Say(pod, container.Name, "Normal", "Pulled", $"Container image \"{image}\" already present on machine");
        return true;
    }
}
