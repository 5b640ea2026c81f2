using System.Collections.Concurrent;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Pods;

/// <summary>
/// What the names of a pod's images stand for in its revision. The control plane is asked about all names whose images are here at once, and what came of it holds for the pod's other
/// containers too, so that a pod whose containers start one after the other waits for one exchange and not for one each, also when nobody answers.
/// </summary>
internal sealed class ImageAgreement(
    IContainerRuntime runtime, IControlPlane controlPlane, DesiredHolder desired, EventBuffer events, TimeProvider time, ILogger<ImageAgreement> log)
{
    /// <summary>How long an exchange holds for the pod's other containers. What was agreed on is in the desired state long before; who was silent may be back.</summary>
    private static readonly TimeSpan ExchangeHolds = TimeSpan.FromSeconds(30);

    /// <summary>Who asks before any container's turn.</summary>
    private const string Nobody = "";

    /// <summary>By pod uid.</summary>
    private readonly ConcurrentDictionary<string, Exchange> exchanges = new(StringComparer.Ordinal);

    /// <summary>What a container's image stands for, as far as it is known without asking.</summary>
    public string? KnownFor(Pod pod, Container container)
    {
        string image = container.Image ?? "";
        return desired.ResolvedFor(pod.Uid, image) ?? RecentFor(pod, container)?.Agreed[image];
    }

    /// <summary>Asks what the pod's revision runs. Asked once: without an answer, what is here has to do, and the pod says so.</summary>
    /// <param name="pod">Whose revision it is.</param>
    /// <param name="container">The container that is to start.</param>
    /// <param name="found">What its image's name stands for here.</param>
    /// <param name="cancellationToken">The start is given up.</param>
    public async Task<string> AskAsync(Pod pod, Container container, string found, CancellationToken cancellationToken)
    {
        if (RecentFor(pod, container) is { Silence: { } silence })
        {
            return RunWhatIsHere(pod, container, found, silence);
        }

        try
        {
            return await ExchangeAsync(pod, container.Name, container.Image ?? "", found, cancellationToken);
        }
        catch (ControlPlaneException exception)
        {
            return RunWhatIsHere(pod, container, found, exception.Message);
        }
    }

    /// <summary>Asks before the turn of the containers that need an image, while others of their pod run. What comes of it holds for each of them; where somebody was silent just now, nobody is asked.</summary>
    /// <param name="pod">Whose revision it is.</param>
    /// <param name="image">The image's name.</param>
    /// <param name="found">What it stands for here.</param>
    /// <param name="cancellationToken">Nobody needs it any more.</param>
    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    public async Task AskAheadAsync(Pod pod, string image, string found, CancellationToken cancellationToken)
    {
        if (!exchanges.TryGetValue(pod.Uid, out Exchange? last) || !IsRecent(last) || last.Silence is null)
        {
            await ExchangeAsync(pod, Nobody, image, found, cancellationToken);
        }
    }

    private async Task<string> ExchangeAsync(Pod pod, string asker, string image, string found, CancellationToken cancellationToken)
    {
        ImageReport report = new()
        {
            PodUid = pod.Uid,
            Namespace = pod.Namespace,
            Name = pod.Name,
            Image = image,
            Resolved = found,
            Others = await FindOthersAsync(pod, image, cancellationToken),
        };
        try
        {
            ImageReply reply = await controlPlane.ResolveImageAsync(report, cancellationToken);
            Keep(pod, new Exchange(asker, time.GetTimestamp(), reply.Others.SetItem(image, reply.Resolved), Silence: null));
            return reply.Resolved;
        }
        catch (ControlPlaneException exception) when (exception.Status is null)
        {
            // A refusal is said at once: the next container loses no time by asking again.
            Keep(pod, new Exchange(asker, time.GetTimestamp(), Agreed: default, exception.Message));
            throw;
        }
    }

    private string RunWhatIsHere(Pod pod, Container container, string found, string why)
    {
        string image = container.Image ?? "";
        log.ImageUnresolved(image, pod.Name, found, why);
        events.Say(pod, container.Name, "Warning", "ImageNotAgreed", $"Image \"{image}\" runs as {found} without the control plane's word on what its revision runs: {why}");
        return found;
    }

    /// <summary>What the pod's other names stand for whose images are here, and are not to be pulled anew first.</summary>
    private async Task<ValueMap<string>> FindOthersAsync(Pod pod, string image, CancellationToken cancellationToken)
    {
        ValueMap<string> found = default;
        foreach (IGrouping<string, Container> users in pod.Spec.AllContainers().GroupBy(container => container.Image ?? "", StringComparer.Ordinal))
        {
            string other = users.Key;
            if (other != image
                && ImageName.Parse(other).Digest.Length == 0
                && desired.ResolvedFor(pod.Uid, other) is null
                && users.All(container => ImageName.PullPolicyOf(other, container.ImagePullPolicy) != "Always")
                && await FindAsync(other, cancellationToken) is { } resolved
                && ResolvedImages.IsResolutionOf(other, resolved))
            {
                found = found.SetItem(other, resolved);
            }
        }

        return found;
    }

    /// <summary>What a name stands for here; null also where the runtime fails over it, which its own container will tell when its turn comes.</summary>
    private async Task<string?> FindAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            return await runtime.HasImageAsync(image, cancellationToken) ? await runtime.ResolveImageAsync(image, cancellationToken) : null;
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            log.ImageNotFound(image, failed.Message);
            return null;
        }
    }

    /// <summary>What came of the last question of another of the pod's containers. One that starts again asks anew.</summary>
    private Exchange? RecentFor(Pod pod, Container container) =>
        exchanges.TryGetValue(pod.Uid, out Exchange? last) && last.Asker != container.Name && IsRecent(last) ? last : null;

    private void Keep(Pod pod, Exchange exchange)
    {
        foreach ((string uid, Exchange old) in exchanges)
        {
            if (!IsRecent(old))
            {
                exchanges.TryRemove(uid, out _);
            }
        }

        exchanges.AddOrUpdate(pod.Uid, exchange, (_, last) => IsRecent(last) ? Join(last, exchange) : exchange);
    }

    /// <summary>Of two that asked at once, one may have had an answer; and what was agreed on is never unsaid.</summary>
    private static Exchange Join(Exchange last, Exchange next) => next.Silence is null
        ? next with { Agreed = last.Agreed.Concat(next.Agreed).Aggregate(default(ValueMap<string>), (agreed, word) => agreed.SetItem(word.Key, word.Value)) }
        : last.Silence is null ? last : next;

    private bool IsRecent(Exchange exchange) => time.GetElapsedTime(exchange.At) < ExchangeHolds;

    /// <summary>What came of a question.</summary>
    /// <param name="Asker">The container that asked; empty for a question before any one's turn.</param>
    /// <param name="At">When it ended, as a timestamp.</param>
    /// <param name="Agreed">What names stand for.</param>
    /// <param name="Silence">Why there was no answer; null when there was one.</param>
    private sealed record Exchange(string Asker, long At, ValueMap<string> Agreed, string? Silence);
}
