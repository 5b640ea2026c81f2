using System.Collections.Immutable;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Testing;

/// <summary>The test process's one cluster: started by the first who asks, killed and deleted when the process ends.</summary>
internal static class SharedCluster
{
    private static readonly Lazy<Task<EmbeddedPostgresCluster>> Instance = new(StartAsync);

    public static Task<EmbeddedPostgresCluster> GetAsync() => Instance.Value;

    private static async Task<EmbeddedPostgresCluster> StartAsync()
    {
        TemporaryFolder.SweepAfterKilledProcesses();
        TemporaryFolder folder = new("postgres");
        EmbeddedPostgresCluster cluster = await EmbeddedPostgresCluster.StartAsync(
            new EmbeddedPostgresOptions
            {
                DataFolder = folder.Path,
                IsDurable = false,
                StartTimeout = PostgresFixture.StartTimeout,
                Settings = ImmutableSortedDictionary<string, string>.Empty.Add("max_connections", "200").Add("autovacuum", "off"),
            },
            NullLogger.Instance,
            CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            // The data ends with the process; nothing can be awaited here.
            cluster.KillAsync().Wait(TimeSpan.FromSeconds(5));
            folder.Dispose();
        };
        return cluster;
    }
}
