using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>
/// One product for all tests that can live side by side: three nodes on the process runtime, and a database of the tests' own, so that
/// they can take it away. Each test works in a namespace of its own, and leaves a product that works.
/// </summary>
public sealed class SharedProduct : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder databaseFolder = new("database");
    private EmbeddedPostgresCluster? database;
    private int lastNamespace;

    private string BackupFile => Path.Combine(databaseFolder.Path, "backup.dump");

    internal Product Product { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await StartDatabaseAsync();
        Product = await Product.StartAsync(
            ["--runtime", "process", "--nodes", "3", "--catalogue", SampleApplication.CatalogueEntry(Clone.Hello)],
            new Dictionary<string, string?> { ["ConnectionStrings__ControlPlane"] = database!.ConnectionString });
        Api = new ApiClient(Product);
    }

    public async Task DisposeAsync()
    {
        Api?.Dispose();
        if (Product is not null)
        {
            await Product.DisposeAsync();
        }

        await StopDatabaseAsync();
    }

    public void Dispose() => databaseFolder.Dispose();

    /// <summary>A name that no other test uses.</summary>
    internal string NewNamespace(string subject) => $"{subject}-{Interlocked.Increment(ref lastNamespace)}";

    internal Kubectl Kubectl(string version = "recent") => new(Product, version);

    internal async Task StartDatabaseAsync() => database = await EmbeddedPostgresCluster.StartAsync(
        new EmbeddedPostgresOptions { DataFolder = databaseFolder.Path, StartTimeout = PostgresFixture.StartTimeout }, NullLogger.Instance, CancellationToken.None);

    /// <summary>Puts a new database in the place of the present one, at the same address.</summary>
    internal async Task EmptyDatabaseAsync()
    {
        string data = Path.Combine(database!.Folder, "data");
        await StopDatabaseAsync();
        Directory.Delete(data, recursive: true);
        await StartDatabaseAsync();
    }

    internal Task BackUpAsync() => PostgresTools.DumpAsync(database!.ConnectionString, BackupFile);

    /// <summary>Puts the backup in the place of the present database, as an administrator would on a server that others use, too.</summary>
    internal async Task RestoreAsync()
    {
        NpgsqlConnectionStringBuilder restored = new(database!.ConnectionString);
        string name = restored.Database!;
        restored.Database = $"{name}_restored";
        await ExecuteAsync($"CREATE DATABASE {restored.Database}");
        await PostgresTools.RestoreAsync(restored.ConnectionString, BackupFile);
        await ExecuteAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        await ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        await ExecuteAsync($"ALTER DATABASE {name} RENAME TO {name}_before");
        await ExecuteAsync($"ALTER DATABASE {restored.Database} RENAME TO {name}");
    }

    internal async Task<string> StoreIdentityAsync() => (await ExecuteAsync("SELECT identity FROM store", database!.ConnectionString))!.ToString()!;

    internal async Task StopDatabaseAsync()
    {
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }

    private async Task<object?> ExecuteAsync(string sql, string? where = null)
    {
        string maintenance = new NpgsqlConnectionStringBuilder(database!.ConnectionString) { Database = "postgres" }.ConnectionString;
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(where ?? maintenance) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class SharedProductCollection : ICollectionFixture<SharedProduct>
{
    public const string Name = "shared product";
}
