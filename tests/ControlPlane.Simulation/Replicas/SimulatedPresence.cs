using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Replicas;

/// <summary>A replica's notes of the nodes' signs of life, stored once a second with the database's clock.</summary>
internal sealed class SimulatedPresence(SimulatedDatabase database, DatabaseLink link, Scheduler scheduler, TimeProvider time) : INodePresence
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, DateTimeOffset> seen = new(StringComparer.Ordinal);
    private long? storedSince;
    private long lastStored = time.GetTimestamp();

    public long? StoredWithoutGapSince => time.GetElapsedTime(lastStored) < Interval * 3 ? storedSince : null;

    public void Seen(string node) => seen[node] = scheduler.Now;

    public Task<IReadOnlyDictionary<string, TimeSpan>> ReadAgesAsync(CancellationToken cancellationToken) => link.CallAsync<IReadOnlyDictionary<string, TimeSpan>>(
        () => database.LastSeen.ToDictionary(node => node.Key, node => scheduler.Now - node.Value, StringComparer.Ordinal), cancellationToken);

    /// <summary>Stores what was noted, each second.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            try
            {
                KeyValuePair<string, DateTimeOffset>[] noted = [.. seen];
                await link.CallAsync(
                    () =>
                    {
                        database.Seen(noted);
                        return true;
                    },
                    CancellationToken.None);
                storedSince = StoredWithoutGapSince ?? time.GetTimestamp();
                lastStored = time.GetTimestamp();
            }
            catch (StoreUnavailableException)
            {
                storedSince = null;
            }

            await Task.Delay(Interval, time);
        }
    }
}
