using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;

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

    internal Product Product { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await StartDatabaseAsync();
        Product = await Product.StartAsync(
            ["--runtime", "process", "--nodes", "3"],
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
        new EmbeddedPostgresOptions { DataFolder = databaseFolder.Path }, NullLogger.Instance, CancellationToken.None);

    /// <summary>Puts a new database in the place of the present one, at the same address.</summary>
    internal async Task EmptyDatabaseAsync()
    {
        string data = Path.Combine(database!.Folder, "data");
        await StopDatabaseAsync();
        Directory.Delete(data, recursive: true);
        await StartDatabaseAsync();
    }

    internal async Task StopDatabaseAsync()
    {
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class SharedProductCollection : ICollectionFixture<SharedProduct>
{
    public const string Name = "shared product";
}
