using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Infrastructure.Storage.Model;
using ControlPlane.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Tests.Storage;

/// <summary>What the change log holds of a change of a status alone, and from when.</summary>
public class StatusEntriesTests
{
    private const string MigrationBefore = "20261126155614_ResourceQuotas";

    private const string Entries =
        "SELECT string_agg(operation || concat_ws(' ', metadata -> 'creationTimestamp', labels ->> 'app', spec ->> 'nodeName', status ->> 'phase'), ', ' ORDER BY revision) FROM changes WHERE kind = 'Pod'";

    private static readonly Pod Node1 = Objects.Pod("web") with { Spec = new PodSpec { NodeName = "n1" } };

    [Fact]
    public async Task AStatusAlone_IsAllThatIsLoggedOfItsChange()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore store = await TestStore.StartAsync(database);

        await store.StoreAsync(new Write.Create(Node1));
        await store.StoreAsync(Status("Running"));
        await store.StoreAsync(new Write.Update(Node1 with { Spec = new PodSpec { NodeName = "n2" } }, ResourceParts.Desired));
        await store.StoreAsync(new Write.Update(Node1 with { Status = new PodStatus { Phase = "Failed" } }, ResourceParts.All));
        await store.StoreAsync(Write.Remove.Of(Node1));

        const string Created = "\"1970-01-01T00:00:00Z\"";
        Assert.Equal(
            $"A{Created} web n1, SRunning, M{Created} web n2 Running, M{Created} web n1 Failed, D{Created} web n1 Failed",
            await Sql.ScalarAsync(database, Entries));
    }

    /// <summary>Who follows the log does not make its own copy of what it has.</summary>
    [Fact]
    public async Task AReplicaThatReadsAStatus_SharesTheSpecWithTheObjectBefore()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore writer = await TestStore.StartAsync(database);
        await using TestStore reader = await TestStore.StartAsync(database);
        using ChangeSubscription subscription = reader.Cache.SubscribeFromNow();
        await writer.StoreAsync(new Write.Create(Node1));

        Change change = (await subscription.ReadUntilAsync(await writer.StoreAsync(Status("Running"))))[1];

        Assert.Equal(writer.Find<Pod>(Node1.Key), change.Object);
        Assert.Same(((Pod)change.Previous!).Spec, ((Pod)change.Object).Spec);
    }

    [Fact]
    public async Task AStoreOfAnOlderVersion_GoesOnWithWholeObjects()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await UpgradeFromAsync(database);

        await using TestStore store = await TestStore.StartAsync(database);
        await store.StoreAsync(new Write.Create(Node1));
        await store.StoreAsync(Status("Running"));

        Assert.Equal("M\"1970-01-01T00:00:00Z\" web n1 Running", $"{await Sql.ScalarAsync(database, Entries)}".Split(", ")[1]);
        Assert.Equal("Running", store.Find<Pod>(Node1.Key).Status?.Phase);
    }

    [Theory]
    [InlineData("controlplane")]
    [InlineData("controlplane-commits")]
    [InlineData("controlplane - 10.0.0.1:40000")]
    public async Task WhileAReplicaOfAnOlderVersionIsConnected_ObjectsAreLoggedWhole_AfterwardsTheirStatus(string name)
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await UpgradeFromAsync(database);
        NpgsqlConnection older = await ConnectAsync(database, name);
        await using TestStore store = await StartAsync(database, TimeSpan.Zero);
        StatusEntries entries = store.Get<StatusEntries>();
        await store.StoreAsync(new Write.Create(Node1));

        await entries.LookAsync(CancellationToken.None);
        await store.StoreAsync(Status("Pending"));
        await older.DisposeAsync();
        await Wait.UntilAsync(async () => (await CountAsync(database, name) == 0, "connected"), "the older replica's end");
        await entries.LookAsync(CancellationToken.None);
        await store.StoreAsync(Status("Running"));

        Assert.Equal("A, M, S", await Sql.ScalarAsync(database, "SELECT string_agg(operation, ', ' ORDER BY revision) FROM changes"));
    }

    [Fact]
    public async Task BeforeOlderReplicasHaveBeenAwayForTheTime_ObjectsAreLoggedWhole()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await UpgradeFromAsync(database);
        await using TestStore store = await StartAsync(database, TimeSpan.FromHours(1));

        await store.Get<StatusEntries>().LookAsync(CancellationToken.None);

        Assert.Equal(false, await Sql.ScalarAsync(database, "SELECT logs_status_alone FROM store"));
    }

    /// <summary>It would stop at the next of them; those that are there it has not met.</summary>
    [Fact]
    public async Task WhereAReplicaOfAnOlderVersionComesLater_ObjectsAreLoggedWholeAgain()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore store = await StartAsync(database, TimeSpan.FromHours(1));
        await store.StoreAsync(new Write.Create(Node1));
        await store.StoreAsync(Status("Pending"));
        await using NpgsqlConnection older = await ConnectAsync(database, "controlplane");

        await store.Get<StatusEntries>().LookAsync(CancellationToken.None);
        await store.StoreAsync(Status("Running"));

        Assert.Equal("A, S, M", await Sql.ScalarAsync(database, "SELECT string_agg(operation, ', ' ORDER BY revision) FROM changes"));
        await using TestStore again = await TestStore.StartAsync(database);
        Assert.Equal(store.Find<Pod>(Node1.Key), again.Find<Pod>(Node1.Key));
    }

    /// <summary>A database that was away all night does not say who was connected meanwhile.</summary>
    [Fact]
    public async Task TheTime_IsCountedFromTheFirstLook()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await UpgradeFromAsync(database);
        await using TestStore store = await StartAsync(database, TimeSpan.FromHours(1));
        LateTime time = new();
        StatusEntries entries = new(
            store.Get<Database>(), Options.Create(new StoreOptions { MaintenanceInterval = TimeSpan.FromHours(1) }), time, NullLogger<StatusEntries>.Instance);
        time.Passed = TimeSpan.FromHours(2);
        using CancellationTokenSource stopping = new();

        Task running = entries.RunAsync(stopping.Token);
        await time.HasWaited.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(false, await Sql.ScalarAsync(database, "SELECT logs_status_alone FROM store"));

        time.Passed = TimeSpan.FromHours(3);
        await entries.LookAsync(CancellationToken.None);
        Assert.Equal(true, await Sql.ScalarAsync(database, "SELECT logs_status_alone FROM store"));
        await stopping.CancelAsync();
        await running;
    }

    private static Write.Update Status(string phase) => new(Node1 with { Status = new PodStatus { Phase = phase } }, ResourceParts.Status);

    /// <summary>Leaves a database as an older version left it, with one commit.</summary>
    private static async Task UpgradeFromAsync(string database)
    {
        await using (ControlPlaneDbContext context = new(new DbContextOptionsBuilder<ControlPlaneDbContext>().UseNpgsql(database).Options))
        {
            await context.GetService<IMigrator>().MigrateAsync(MigrationBefore);
        }

        await Sql.ExecuteAsync(database, "CREATE TABLE changes_1 PARTITION OF changes FOR VALUES FROM (1) TO (100001); UPDATE store SET revision = 1");
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string database, string name)
    {
        NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(database) { Pooling = false, ApplicationName = name }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<long> CountAsync(string database, string name) =>
        (long)(await Sql.ScalarAsync(database, $"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{name}'"))!;

    /// <summary>A replica that looks when it is told to, and once as it starts.</summary>
    private static Task<TestStore> StartAsync(string database, TimeSpan awayFor) => TestStore.StartAsync(database, options =>
    {
        options.MaintenanceInterval = TimeSpan.FromHours(1);
        options.OlderReplicasAwayFor = awayFor;
    });

    /// <summary>A clock that is set by hand, and says when somebody waits by it.</summary>
    private sealed class LateTime : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public TaskCompletionSource HasWaited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            HasWaited.TrySetResult();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
