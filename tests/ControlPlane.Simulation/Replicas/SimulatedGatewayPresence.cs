using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Replicas;

/// <summary>A replica's notes of what gateways say, stored at once with the database's clock, and again until they are.</summary>
internal sealed class SimulatedGatewayPresence(SimulatedDatabase database, DatabaseLink link, Scheduler scheduler, TimeProvider time) : IGatewayPresence
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, GatewayWord> noted = new(StringComparer.Ordinal);
    private TaskCompletionSource news = new();

    public void Note(string node, GatewayReport report)
    {
        if (noted.GetValueOrDefault(report.Instance) is not { } known || known.Report.Sequence <= report.Sequence)
        {
            noted[report.Instance] = new GatewayWord(node, report, scheduler.Now, scheduler.Now);
        }

        news.TrySetResult();
    }

    public Task<IReadOnlyList<GatewayState>> ReadAsync(CancellationToken cancellationToken) => link.CallAsync<IReadOnlyList<GatewayState>>(
        () => [.. database.Gateways.Values.Select(StateOf)], cancellationToken);

    /// <summary>Stores what was noted.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            await news.Task;
            news = new TaskCompletionSource();
            GatewayWord[] words = [.. noted.Values];
            try
            {
                await link.CallAsync(
                    () =>
                    {
                        database.Heard(words);
                        return true;
                    },
                    CancellationToken.None);
                foreach (GatewayWord stored in words.Where(word => noted.GetValueOrDefault(word.Report.Instance) == word))
                {
                    noted.Remove(stored.Report.Instance);
                }
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(RetryDelay, time);
                news.TrySetResult();
            }
        }
    }

    private GatewayState StateOf(GatewayWord word) => new()
    {
        Node = word.Node,
        Instance = word.Report.Instance,
        Store = word.Report.Store,
        Acknowledged = word.Report.Acknowledged,
        Draining = word.Report.Draining,
        Traffic = word.Report.Traffic,
        Age = scheduler.Now - word.At,
    };
}
