using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>All that a decision about one pod may know. Times are whole seconds but <see cref="Now"/>.</summary>
internal sealed record PodView
{
    /// <summary>The pod's record; null when the control plane has none.</summary>
    public Pod? Desired { get; init; }

    /// <summary>What the runtime has for this pod, dead containers too.</summary>
    public ValueList<ObservedContainer> Containers { get; init; }

    /// <summary>By container name.</summary>
    public ValueMap<ContainerMemory> Memory { get; init; }

    /// <summary>Names of containers on which something is being done right now.</summary>
    public ValueList<string> Busy { get; init; }

    /// <summary>By container id.</summary>
    public ValueMap<ProbeVerdict> Probes { get; init; }

    /// <summary>The store that <see cref="Desired"/> (or its absence) comes from.</summary>
    public required string StoreIdentity { get; init; }

    /// <summary>The revision of that store at which it was so.</summary>
    public required long Revision { get; init; }

    /// <summary>True while <see cref="Desired"/> is what an earlier agent was told, for the control plane has not answered this one yet.</summary>
    public bool IsRemembered { get; init; }

    /// <summary>See <see cref="DesiredState.LostRevisions"/>.</summary>
    public ValueList<LostRevisions> LostRevisions { get; init; }

    /// <summary>The stores that it has replaced, whose containers are its own to stop.</summary>
    public ValueList<string> ReplacedStores { get; init; }

    /// <summary>See <see cref="DesiredState.EnvironmentContents"/>.</summary>
    public ValueList<EnvironmentContent> EnvironmentContents { get; init; }

    /// <summary>Since when the pod's status says that a restart waits for gateways; null when it does not say so.</summary>
    public DateTimeOffset? RestartPendingSince { get; init; }

    /// <summary>See <see cref="IContainerRuntime.SharesNetwork"/>.</summary>
    public bool SharesNetwork { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The newest sandbox of the pod, dead or alive; null when there is none.</summary>
    public ObservedContainer? Sandbox => Containers.Where(observed => observed.Identity.IsSandbox).MaxBy(sandbox => sandbox.Identity.RestartCount);

    /// <summary>True while a container may use the network that the sandbox holds.</summary>
    public bool IsNetworkInUse =>
        Containers.Any(observed => !observed.Identity.IsSandbox && observed.Phase == ContainerPhase.Running)
        || Busy.Any(name => name != ContainerIdentity.SandboxName);

    /// <summary>
    /// A container's lives, the newest first. A dead one that someone has removed since still counts, as it was when it was last seen;
    /// after a running one that has vanished there is none, whatever older ones are left.
    /// </summary>
    public IReadOnlyList<ObservedContainer> LivesOf(string container)
    {
        IReadOnlyList<ObservedContainer> lives =
        [
            .. Containers.Where(observed => observed.Identity.Container == container)
                .OrderByDescending(observed => observed.Identity.RestartCount)
                .ThenByDescending(observed => observed.Phase == ContainerPhase.Running)
                .ThenByDescending(observed => observed.StartedAt ?? DateTimeOffset.MaxValue),
        ];
        ObservedContainer? last = Memory[container]?.LastSeen;
        if (last is null || lives.Any(life => life.Identity.RestartCount >= last.Identity.RestartCount))
        {
            return lives;
        }

        return last.Phase == ContainerPhase.Exited ? [last, .. lives] : [];
    }
}

/// <summary>What the agent knows of a container that is written on no container.</summary>
internal sealed record ContainerMemory
{
    public static ContainerMemory None { get; } = new();

    /// <summary>The newest life that was ever seen to have started, though it may have vanished since.</summary>
    public ObservedContainer? LastSeen { get; init; }

    /// <summary>The last try to start it that failed; null when none has since it last ran.</summary>
    public StartFailure? Failure { get; init; }
}

/// <summary>A start that failed, and so is tried again later.</summary>
/// <param name="Reason"><c>ErrImagePull</c>, <c>ErrImageNeverPull</c>, <c>CreateContainerConfigError</c>, <c>CreateContainerError</c> or <c>RunContainerError</c>.</param>
/// <param name="Message">What the runtime said.</param>
/// <param name="At">When.</param>
/// <param name="Attempts">How many in a row have failed, from 1.</param>
internal sealed record StartFailure(string Reason, string Message, DateTimeOffset At, int Attempts)
{
    /// <summary>See <see cref="Waiting.PodEvent"/>.</summary>
    public string? PodEvent { get; init; }

    /// <summary>When the next try is due: 10 s after the first failure, twice as long after each further one, at most 5 min.</summary>
    public DateTimeOffset RetryAt => At + Backoff.After(Attempts);
}

/// <summary>The waits between tries. Numbers: Kubernetes, pod lifecycle (10 s, doubled, at most 5 min, forgotten after 10 min of running).</summary>
internal static class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>A container that has run this long starts with a clean slate.</summary>
    public static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    /// <summary>The wait after that many failures in a row: 10, 20, 40, 80, 160, 300, 300 … s.</summary>
    public static TimeSpan After(int failures)
    {
        TimeSpan wait = First;
        for (int i = 1; i < failures && wait < Longest; i++)
        {
            wait = Next(wait);
        }

        return wait;
    }

    /// <summary>The wait that follows a wait: 0 → 10 s → 20 s → … → 300 s.</summary>
    public static TimeSpan Next(TimeSpan wait) =>
        wait == TimeSpan.Zero ? First : wait * 2 < Longest ? wait * 2 : Longest;
}
