using System.Runtime.Versioning;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ControlPlane.Infrastructure.Tests.EmbeddedPostgres;

public class EmbeddedPostgresClusterTests
{
    [Fact]
    public async Task Start_AfterAKilledRunThatLeftItsServer_KeepsTheDataAndTheConnectionString()
    {
        using TemporaryFolder folder = new("orphan");
        EmbeddedPostgresCluster first = await PostgresFixture.StartOwnClusterAsync(folder);
        await ExecuteAsync(first, "CREATE TABLE kept AS SELECT 42 AS answer");

        // The first server still runs, as after a launcher that was killed.
        await using EmbeddedPostgresCluster second = await PostgresFixture.StartOwnClusterAsync(folder);

        await Wait.UntilAsync(() => first.Completion.IsCompleted, "the orphan's end");
        Assert.NotEqual(first.ProcessId, second.ProcessId);
        Assert.Equal(first.ConnectionString, second.ConnectionString);
        Assert.Equal(42, await ExecuteAsync(second, "SELECT answer FROM kept"));
    }

    [Fact]
    public async Task Kill_ThenStart_RecoversWhatWasCommitted()
    {
        using TemporaryFolder folder = new("killed");
        await using EmbeddedPostgresCluster first = await PostgresFixture.StartOwnClusterAsync(folder);
        await ExecuteAsync(first, "CREATE TABLE kept AS SELECT 42 AS answer");

        await first.KillAsync();
        await using EmbeddedPostgresCluster second = await PostgresFixture.StartOwnClusterAsync(folder);

        Assert.Equal(42, await ExecuteAsync(second, "SELECT answer FROM kept"));
    }

    [Fact]
    public async Task Start_WhereTheSocketPathWouldBeTooLong_PutsTheSocketElsewhere()
    {
        using TemporaryFolder folder = new(new string('x', 120));
        await using EmbeddedPostgresCluster cluster = await PostgresFixture.StartOwnClusterAsync(folder);

        Assert.Equal(1, await ExecuteAsync(cluster, "SELECT 1"));
    }

    [Fact]
    public async Task Start_WithALockFileWhoseProcessIdIsAnotherProgram_RemovesIt()
    {
        using TemporaryFolder folder = new("reused");
        EmbeddedPostgresCluster first = await PostgresFixture.StartOwnClusterAsync(folder);
        await first.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(first.Folder, "data", "postmaster.pid"), $"{Environment.ProcessId}\n");

        await using EmbeddedPostgresCluster second = await PostgresFixture.StartOwnClusterAsync(folder);

        Assert.Equal(1, await ExecuteAsync(second, "SELECT 1"));
    }

    [Fact]
    public async Task Start_WithoutPrograms_SaysWhatToInstall()
    {
        using TemporaryFolder folder = new("nothing");
        EmbeddedPostgresOptions options = new() { DataFolder = folder.Path, BinFolder = folder.Path };

        EmbeddedPostgresException error = await Assert.ThrowsAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgresCluster.StartAsync(options, NullLogger.Instance, CancellationToken.None));

        Assert.Contains("apt-get install postgresql-15", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Cluster_LetsNobodyElseIn()
    {
        using TemporaryFolder folder = new("private");
        await using EmbeddedPostgresCluster cluster = await PostgresFixture.StartOwnClusterAsync(folder);
        string socketFolder = new NpgsqlConnectionStringBuilder(cluster.ConnectionString).Host!;

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(socketFolder));
        Assert.Equal("", await ExecuteAsync(cluster, "SHOW listen_addresses"));
    }

    private static async Task<object?> ExecuteAsync(EmbeddedPostgresCluster cluster, string sql)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
