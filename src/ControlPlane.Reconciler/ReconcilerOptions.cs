using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Garbage;

namespace ControlPlane.Reconciler;

/// <summary>How often the reconciler looks by itself. Changes wake it at once; these are what backs that.</summary>
public sealed class ReconcilerOptions
{
    /// <summary>How often the leader's lease is taken or extended.</summary>
    public TimeSpan LeaseInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the nodes' signs of life are looked at.</summary>
    public TimeSpan NodeHealthInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often expired Events are looked for.</summary>
    public TimeSpan EventExpiryInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often it is looked whether too many pods are kept that have ended (kube-controller-manager: 20 s).</summary>
    public TimeSpan EndedPodsInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How many pods are kept that have ended; 0 or less for any number.</summary>
    public int EndedPodsMax { get; set; } = EndedPods.DefaultThreshold;

    /// <summary>How long a Service's endpoints wait for further changes: a pass over them costs what they are, not what has changed.</summary>
    public TimeSpan EndpointsDelay { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How often everything is looked at, whether or not it changed.</summary>
    public TimeSpan ResyncInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long after a crash of the loop it starts again; doubles with each crash in a row, up to a minute.</summary>
    public TimeSpan RestartDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>At most this many keys are planned in one pass.</summary>
    public int KeysPerPass { get; set; } = 64;

    /// <summary>
    /// What is told of the API in each namespace and by its Service; null where no API stands before the store, as in a simulation: then namespaces get no ServiceAccount
    /// either.
    /// </summary>
    public Func<ApiServerFacts>? Api { get; set; }

    /// <summary>Where the randomness of names, uids and retries starts; null for a seed drawn at start-up. Simulations set it.</summary>
    public ulong? Seed { get; set; }
}
