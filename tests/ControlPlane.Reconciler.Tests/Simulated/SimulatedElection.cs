using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>The leader's lease: one holder at a time; each time it changes hands the store's epoch moves on.</summary>
internal sealed class SimulatedElection(SimulatedStore store)
{
    private object? holder;

    public bool IsDown { get; set; }

    public ILeaderLease Candidate() => new Lease(this);

    /// <summary>Another replica takes over, as when this one was paused for longer than its lease.</summary>
    public void Usurp()
    {
        holder = new object();
        store.LeaderEpoch++;
    }

    /// <summary>The lease of whoever holds it has run out.</summary>
    public void Expire() => holder = null;

    private sealed class Lease(SimulatedElection election) : ILeaderLease
    {
        public async Task<long?> TryHoldAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            return election.IsDown ? throw new StoreUnavailableException("the simulated store is down") : election.TryHold(this);
        }

        public async Task ReleaseAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (ReferenceEquals(election.holder, this))
            {
                election.holder = null;
            }
        }
    }

    private long? TryHold(Lease candidate)
    {
        if (holder is null)
        {
            holder = candidate;
            store.LeaderEpoch++;
        }

        return ReferenceEquals(holder, candidate) ? store.LeaderEpoch : null;
    }
}

/// <summary>The nodes' signs of life, by the simulated clock.</summary>
internal sealed class SimulatedPresence(TimeProvider time) : INodePresence
{
    private readonly Dictionary<string, DateTimeOffset> seen = new(StringComparer.Ordinal);

    public bool IsDown { get; set; }

    public DateTimeOffset? StoredWithoutGapSince { get; set; } = DateTimeOffset.MinValue;

    public void Seen(string node) => seen[node] = time.GetUtcNow();

    public async Task<IReadOnlyDictionary<string, TimeSpan>> ReadAgesAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        return IsDown
            ? throw new StoreUnavailableException("the simulated store is down")
            : seen.ToDictionary(entry => entry.Key, entry => time.GetUtcNow() - entry.Value, StringComparer.Ordinal);
    }
}
