using System.Reflection;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit.Sdk;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>
/// One product for all tests that can live side by side: three nodes on the process runtime, and a database of the tests' own, so that
/// they can take it away. Each test works in namespaces of its own, which end with it, and leaves a product that works.
/// </summary>
public sealed class SharedProduct : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder databaseFolder = new("database");
    private readonly List<string> namespaces = [];
    private EmbeddedPostgresCluster? database;
    private Task ending = Task.CompletedTask;
    private int lastNamespace;

    private string BackupFile => Path.Combine(databaseFolder.Path, "backup.dump");

    /// <summary>The one that there is; null before and after.</summary>
    internal static SharedProduct? Current { get; private set; }

    internal Product Product { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await StartDatabaseAsync();
        Product = await Product.StartAsync(
            ["--runtime", "process", "--nodes", "3", "--catalogue", SampleApplication.CatalogueEntry(Clone.Hello)],
            new Dictionary<string, string?> { ["ConnectionStrings__ControlPlane"] = database!.ConnectionString });
        Api = new ApiClient(Product);
        Current = this;
    }

    public async Task DisposeAsync()
    {
        Current = null;
        await ending;
        Api?.Dispose();
        if (Product is not null)
        {
            await Product.DisposeAsync();
        }

        await StopDatabaseAsync();
    }

    public void Dispose() => databaseFolder.Dispose();

    /// <summary>A name that no other test uses.</summary>
    internal string NewNamespace(string subject)
    {
        string name = $"{subject}-{++lastNamespace}";
        namespaces.Add(name);
        return name;
    }

    /// <summary>Ends the namespaces of the test that is over, while the next one runs: pods that nobody asks about any more would be probed every second until the last test is over.</summary>
    internal void EndNamespaces()
    {
        ending = EndAsync(ending, [.. namespaces]);
        namespaces.Clear();
    }

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

    private async Task EndAsync(Task before, string[] names)
    {
        await before;
        foreach (string name in names)
        {
            try
            {
                await Api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{name}");
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException or ObjectDisposedException or IOException)
            {
                // The next test may have taken something away. What is left is stopped with the product.
            }
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
[EndsNamespaces]
public sealed class SharedProductCollection : ICollectionFixture<SharedProduct>
{
    public const string Name = "shared product";
}

/// <summary>After each test of a collection: its namespaces of the shared product end.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class EndsNamespacesAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest) => SharedProduct.Current?.EndNamespaces();
}
