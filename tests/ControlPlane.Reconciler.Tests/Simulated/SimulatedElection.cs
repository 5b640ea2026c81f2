using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>The leader's lease in the simulated database. It runs out only when a test says so.</summary>
internal sealed class SimulatedElection(SimulatedStore store)
{
    private int candidates;

    public bool IsDown { get; set; }

    public ILeaderLease Candidate() => new Lease(this, $"replica-{++candidates}");

    /// <summary>Another replica takes over, as when this one was paused for longer than its lease.</summary>
    public void Usurp()
    {
        Expire();
        TryHold("usurper");
    }

    /// <summary>The lease of whoever holds it has run out.</summary>
    public void Expire() => store.Database.ReleaseLease(store.Database.LeaseHolder);

    private long? TryHold(string candidate) => store.Database.TryHold(candidate, DateTimeOffset.UnixEpoch, TimeSpan.FromDays(1));

    private sealed class Lease(SimulatedElection election, string name) : ILeaderLease
    {
        public async Task<long?> TryHoldAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            return election.IsDown ? throw new StoreUnavailableException("the simulated store is down") : election.TryHold(name);
        }

        public async Task ReleaseAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            election.Release(name);
        }
    }

    private void Release(string candidate) => store.Database.ReleaseLease(candidate);
}

/// <summary>The nodes' signs of life, by simulated timestamps, as the database's clock is another than the leader's.</summary>
internal sealed class SimulatedPresence(TimeProvider time) : INodePresence
{
    private readonly Dictionary<string, long> seen = new(StringComparer.Ordinal);

    public bool IsDown { get; set; }

    /// <summary>Thrown instead of answering: whoever plans with the nodes' signs of life fails.</summary>
    public Exception? Fault { get; set; }

    public long? StoredWithoutGapSince { get; set; } = long.MinValue;

    public void Seen(string node) => seen[node] = time.GetTimestamp();

    public async Task<IReadOnlyDictionary<string, TimeSpan>> ReadAgesAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        return IsDown ? throw new StoreUnavailableException("the simulated store is down")
            : Fault is not null ? throw Fault
            : seen.ToDictionary(entry => entry.Key, entry => time.GetElapsedTime(entry.Value), StringComparer.Ordinal);
    }
}
