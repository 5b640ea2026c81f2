using System.Globalization;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace ControlPlane.Testing;

/// <summary>
/// A database of its own for a test class (<c>IClassFixture</c>) or collection, on one private PostgreSQL cluster that all tests of
/// the process share. <see cref="CreateDatabaseAsync"/> makes further ones.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    /// <summary>Test processes of ./test have little of the processor while they start their clusters.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private static int lastDatabase;

    /// <summary>The class's own database, empty.</summary>
    public string ConnectionString { get; private set; } = "";

    public async Task InitializeAsync() => ConnectionString = await CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Makes an empty database and says how to connect to it.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        EmbeddedPostgresCluster cluster = await SharedCluster.GetAsync();
        string name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref lastDatabase)}");
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand create = new($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    /// <summary>Starts a cluster of a test's own, which it may kill.</summary>
    public static Task<EmbeddedPostgresCluster> StartOwnClusterAsync(TemporaryFolder folder) =>
        EmbeddedPostgresCluster.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = folder.Path, IsDurable = false, StartTimeout = StartTimeout }, NullLogger.Instance, CancellationToken.None);
}
