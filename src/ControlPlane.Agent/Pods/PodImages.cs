using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// The images of a pod's containers: had as the pull policy says, and the same ones for all pods of a revision. What a name stands for is said by the first node that
/// starts one of them; every other node runs that digest, wherever the tag has moved since.
/// </summary>
internal sealed class PodImages(
    IContainerRuntime runtime, ImageAgreement agreement, DesiredHolder desired, EventBuffer events, TimeProvider time, ILogger<PodImages> log) : IDisposable
{
    private const int MaxPullsAtOnce = 3;

    /// <summary>Beside those that somebody waits for.</summary>
    private const int MaxPullsAheadAtOnce = 1;

    /// <summary>So long a pull ahead may take: one that hangs keeps all others from beginning.</summary>
    private static readonly TimeSpan PullAheadMax = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim pulls = new(MaxPullsAtOnce);
    private readonly SemaphoreSlim pullsAhead = new(MaxPullsAheadAtOnce);

    /// <summary>What to make a container from: the image is on this machine then. Null when it is not, and may not be pulled.</summary>
    /// <param name="pod">Whose container it is.</param>
    /// <param name="container">The container, whose turn it is.</param>
    /// <param name="ahead">What was begun before its turn; null for nothing.</param>
    /// <param name="cancellationToken">The start is given up.</param>
    /// <exception cref="ImagePullException">The image could not be had; the message says why.</exception>
    public async Task<string?> GetAsync(Pod pod, Container container, ImageAhead? ahead, CancellationToken cancellationToken)
    {
        string image = container.Image ?? "";
        TimeSpan? pulled = ahead is null ? null : await TakeAsync(pod, container, ahead, cancellationToken);
        string? known = agreement.KnownFor(pod, container);
        if (known is not null && ResolvedImages.IsOfRegistry(known))
        {
            return await HasAsync(pod, container, known, pulled, cancellationToken) ? known : null;
        }

        if (!await HasAsync(pod, container, image, pulled, cancellationToken))
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
            return known == found || await HasAsync(pod, container, known, pulled: null, cancellationToken) ? known : null;
        }

        if (known != found)
        {
            events.Say(
                pod, container.Name, "Warning", "ImageDiffers", $"Image \"{image}\" is {found} on this node, and {known} where its revision was started first");
        }

        return image;
    }

    /// <summary>
    /// Has a container's image before its turn, where its pod's revision does not know yet what it stands for, and asks about it, so that the container need not wait for the answer. Says nothing in
    /// events: what goes wrong is told by the container, which tries it again. Never throws.
    /// </summary>
    /// <returns>How long the pull took; null when nothing was pulled.</returns>
    public async Task<TimeSpan?> PullAheadAsync(Pod pod, Container container, ImageAhead ahead, CancellationToken cancellationToken)
    {
        string image = container.Image ?? "";
        TimeSpan? took = null;
        try
        {
            if (!IsOfRevision(pod) || ImageName.Parse(image).Digest.Length > 0 || agreement.KnownFor(pod, container) is not null
                || !await IsToBePulledAsync(container, cancellationToken))
            {
                return null;
            }

            took = await PullInQueueAsync(pod, container, ahead, cancellationToken);
            if (ahead.HasBegun && agreement.KnownFor(pod, container) is null && await runtime.ResolveImageAsync(image, cancellationToken) is { } found)
            {
                await agreement.AskAheadAsync(pod, image, found, cancellationToken);
            }
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            log.ImageNotFound(image, failed.Message);
        }
        catch (OperationCanceledException)
        {
            log.PullAheadCancelled(image, pod.Name);
        }

        return took;
    }

    public void Dispose()
    {
        pulls.Dispose();
        pullsAhead.Dispose();
    }

    /// <summary>Waits for what is under way, which is told as the container's own pull.</summary>
    private async Task<TimeSpan?> TakeAsync(Pod pod, Container container, ImageAhead ahead, CancellationToken cancellationToken)
    {
        if (ahead.IsUnderWay)
        {
            events.Say(pod, container.Name, "Normal", "Pulling", $"Pulling image \"{container.Image}\"");
        }

        return await ahead.TakeAsync(cancellationToken);
    }

    /// <summary>Images that are there, and not to be pulled anew, were named by the pod's first question.</summary>
    private async Task<bool> IsToBePulledAsync(Container container, CancellationToken cancellationToken)
    {
        string policy = ImageName.PullPolicyOf(container.Image ?? "", container.ImagePullPolicy);
        return policy == "Always" || (policy != "Never" && !await runtime.HasImageAsync(container.Image ?? "", cancellationToken));
    }

    private async Task<TimeSpan?> PullInQueueAsync(Pod pod, Container container, ImageAhead ahead, CancellationToken cancellationToken)
    {
        await pullsAhead.WaitAsync(cancellationToken);
        try
        {
            // Another pod may have pulled it, and agreed on it, while this one waited.
            if (!ahead.TryBegin() || agreement.KnownFor(pod, container) is not null || !await IsToBePulledAsync(container, cancellationToken))
            {
                return null;
            }

            using CancellationTokenSource bound = new(PullAheadMax, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
            return await PullAsync(pod, container.Image ?? "", either.Token);
        }
        finally
        {
            pullsAhead.Release();
        }
    }

    private static bool IsOfRevision(Pod pod) => pod.Metadata.Controller?.Kind == ResourceKinds.ReplicaSet.Kind;

    /// <summary>Has an image on this machine, pulled as the container's policy says; false when it is not there and may not be pulled.</summary>
    /// <param name="pod">Whose container it is.</param>
    /// <param name="container">The container.</param>
    /// <param name="image">Its name or digest.</param>
    /// <param name="pulled">How long its pull took that was made for this start; null when there was none.</param>
    /// <param name="cancellationToken">The start is given up.</param>
    private async Task<bool> HasAsync(Pod pod, Container container, string image, TimeSpan? pulled, CancellationToken cancellationToken)
    {
        string policy = ImageName.PullPolicyOf(container.Image ?? "", container.ImagePullPolicy);
        if (pulled is { } before && policy != "Never" && await runtime.HasImageAsync(image, cancellationToken))
        {
            SayPulled(pod, container, image, before);
            return true;
        }

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
            SayPulled(pod, container, image, await PullAsync(pod, image, cancellationToken));
            return true;
        }
        finally
        {
            pulls.Release();
        }
    }

    private async Task<TimeSpan> PullAsync(Pod pod, string image, CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        await runtime.PullAsync(image, desired.LoginFor(pod.Uid, ImageName.Parse(image).Registry), cancellationToken);
        return time.GetElapsedTime(begun);
    }

    private void SayPulled(Pod pod, Container container, string image, TimeSpan took) =>
        events.Say(pod, container.Name, "Normal", "Pulled", $"Successfully pulled image \"{image}\" in {took.TotalSeconds:0.###}s");

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
