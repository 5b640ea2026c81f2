using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Infrastructure.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Infrastructure.Tests.Storage;

/// <summary>A replica's store, as the product composes it, on a test's database.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly IHost host;

    private TestStore(IHost host) => this.host = host;

    public IResourceStore Store => Get<IResourceStore>();

    public IResourceCache Cache => Get<IResourceCache>();

    public ILeaderLease Lease => Get<ILeaderLease>();

    public INodePresence Presence => Get<INodePresence>();

    public ITokenStore Tokens => Get<ITokenStore>();

    public static async Task<TestStore> StartAsync(string connectionString, Action<StoreOptions>? configure = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddControlPlaneStore(options =>
        {
            options.ConnectionString = connectionString;
            configure?.Invoke(options);
        });
        TestStore store = new(builder.Build());
        await store.host.StartAsync();
        return store;
    }

    public T Get<T>()
        where T : notnull => host.Services.GetRequiredService<T>();

    public async Task<UnitResult> CommitAsync(CommitUnit unit) => (await Store.CommitAsync([unit], CancellationToken.None))[0];

    public Task<UnitResult> CommitAsync(params ReadOnlySpan<Write> writes) => CommitAsync(Objects.Unit(writes));

    /// <summary>Commits what must be accepted and waits until the cache shows it.</summary>
    public async Task<long> StoreAsync(params Write[] writes)
    {
        UnitResult result = await CommitAsync(writes);
        long revision = Assert.IsType<UnitResult.Committed>(result).Revision;
        await Cache.WaitForRevisionAsync(revision, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        return revision;
    }

    public T Find<T>(ObjectKey key)
        where T : Resource => Assert.IsType<T>(Cache.Find(ResourceKinds.Of<T>(), key));

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}

/// <summary>Small objects to store.</summary>
internal static class Objects
{
    public static CommitUnit Unit(params ReadOnlySpan<Write> writes) => new() { Actor = "test", Writes = [.. writes] };

    public static Pod Pod(string name, string? uid = null, string image = "hello:1") => new()
    {
        Metadata = Meta(name, uid ?? Guid.NewGuid().ToString()),
        Spec = new PodSpec { Containers = [new Container { Name = "web", Image = image }] },
    };

    public static Namespace Namespace(string name, DateTimeOffset? deletedAt = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = $"uid-of-{name}", DeletionTimestamp = deletedAt },
    };

    public static ObjectMeta Meta(string name, string uid) => new()
    {
        Name = name,
        Namespace = "default",
        Uid = uid,
        Labels = ValueMap.Of(("app", name)),
        CreationTimestamp = DateTimeOffset.UnixEpoch,
    };

    /// <summary>Reads a subscription until the revision is reached.</summary>
    public static async Task<ImmutableArray<Change>> ReadUntilAsync(this ChangeSubscription subscription, long revision)
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(30));
        ImmutableArray<Change>.Builder changes = ImmutableArray.CreateBuilder<Change>();
        for (long reached = subscription.StartRevision; reached < revision;)
        {
            ChangeBatch batch = await subscription.ReadAsync(timeout.Token);
            changes.AddRange(batch.Changes);
            reached = batch.Revision;
        }

        return changes.ToImmutable();
    }
}
