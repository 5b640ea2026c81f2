using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Hosting;

/// <summary>
/// The newest desired state, in memory and on disk (without logins and the values of Secrets), so that an agent that starts while the control plane is away
/// still keeps its pods alive, and one that starts beside a lagging replica does not go back.
/// </summary>
internal sealed class DesiredHolder(IDesiredMemory memory, Signals signals, TimeProvider time, ILogger<DesiredHolder> log)
{
    /// <summary>How long a starting agent waits for news before it acts on what it remembers.</summary>
    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(5);

    private readonly long startedAt = time.GetTimestamp();
    private DesiredState? remembered;
    private DesiredState? current;

    /// <summary>What to act on; null while nothing is known, or while news may still come.</summary>
    public DesiredState? Current =>
        Volatile.Read(ref current) ?? (time.GetElapsedTime(startedAt) >= PatienceAtStart ? remembered : null);

    /// <summary>True while the control plane has not answered this agent yet, so that <see cref="Current"/> is what an earlier one was told.</summary>
    public bool IsRemembered => Volatile.Read(ref current) is null;

    /// <summary>Reads what an earlier life of the agent acted on.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken) => remembered = await memory.LoadAsync(cancellationToken);

    /// <summary>Takes a reply unless it is older than what was acted on, and returns the revision to ask beyond.</summary>
    public async Task<long> AcceptAsync(DesiredState reply, CancellationToken cancellationToken)
    {
        DesiredState? known = current ?? remembered;
        bool sameStore = known?.StoreIdentity == reply.StoreIdentity;
        if (sameStore && reply.Revision < known!.Revision)
        {
            log.StaleReply(reply.Revision, known.Revision);
            return current is null ? 0 : known.Revision;
        }

        if (known is not null && !sameStore)
        {
            log.OtherStore(known.StoreIdentity, reply.StoreIdentity);
        }

        bool changed = current is null || !sameStore || reply.Pods != current.Pods || reply.ReplacedStores != current.ReplacedStores || reply.LostRevisions != current.LostRevisions
            || reply.RegistryLogins != current.RegistryLogins || reply.ResolvedImages != current.ResolvedImages
            || reply.Services != current.Services || reply.EnvironmentContents != current.EnvironmentContents;
        Volatile.Write(ref current, reply);
        if (changed)
        {
            signals.Pods.Set();
            await memory.SaveAsync(WithoutSecrets(reply) with { Streams = default }, cancellationToken);
        }

        return reply.Revision;
    }

    /// <summary>The Services that a pod's containers are told of: those of its namespace, unless it wants none (Kubernetes: enableServiceLinks).</summary>
    public ValueList<ServiceAddress> ServicesFor(Pod pod)
    {
        ValueList<ServiceAddress> known = Current?.Services ?? default;
        return pod.Spec.EnableServiceLinks == false ? default : known.Where(service => service.Namespace == pod.Namespace).ToValueList();
    }

    /// <summary>What the variables of containers take from ConfigMaps and Secrets.</summary>
    public ValueList<EnvironmentContent> EnvironmentContents => Current?.EnvironmentContents ?? default;

    /// <summary>What an image's name stands for in a pod's revision; null while that is not known here.</summary>
    public string? ResolvedFor(string podUid, string image)
    {
        ValueList<ResolvedImage> known = Current?.ResolvedImages ?? default;
        return known.FirstOrDefault(item => item.PodUid == podUid && item.Image == image)?.Resolved;
    }

    /// <summary>The login for an image's registry, for one pod's pulls; null for none.</summary>
    public RegistryLogin? LoginFor(string podUid, string registry)
    {
        ValueList<RegistryLogin> logins = Current?.RegistryLogins ?? default;
        return logins.FirstOrDefault(login => login.PodUid == podUid && ImageName.NormalizeRegistry(login.Registry) == registry);
    }

    private static DesiredState WithoutSecrets(DesiredState state) => state with
    {
        RegistryLogins = default,
        EnvironmentContents = state.EnvironmentContents.Where(content => content.Kind != nameof(Secret)).ToValueList(),
    };
}
