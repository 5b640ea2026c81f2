using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Idempotency;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Infrastructure.Storage.Watching;
using ControlPlane.Infrastructure.Streams;
using ControlPlane.Infrastructure.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ControlPlane.Infrastructure.Storage;

public static class StoreRegistration
{
    /// <summary>
    /// Adds the store: <see cref="IResourceStore"/>, <see cref="IResourceCache"/>, <see cref="IResourceTables"/>, <see cref="ILeaderLease"/>, <see cref="INodePresence"/>, <see cref="IGatewayPresence"/>,
    /// <see cref="ITokenStore"/>, <see cref="IIdempotentResults"/>, <see cref="IWaitingStreams"/>, and the hosted service that migrates the database, loads the cache and keeps it current. Hosted
    /// services that are added later start when the cache is loaded.
    /// </summary>
    public static IServiceCollection AddControlPlaneStore(this IServiceCollection services, Action<StoreOptions> configure)
    {
        services.AddOptions<StoreOptions>()
            .Configure(configure)
            .Validate(options => options.ConnectionString.Length > 0, "The store needs a connection string (ConnectionStrings__ControlPlane).");
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new Database(provider.GetRequiredService<IOptions<StoreOptions>>().Value));
        services.AddSingleton<ChangeSignal>();
        services.AddSingleton<OwnCommits>();
        services.AddSingleton<LatestRevision>();
        services.AddSingleton<WatchCache>();
        services.AddSingleton<IResourceCache>(provider => provider.GetRequiredService<WatchCache>());
        services.AddSingleton<IResourceTables, ResourceTables>();
        services.AddSingleton<ResourceStore>();
        services.AddSingleton<IResourceStore>(provider => provider.GetRequiredService<ResourceStore>());
        services.AddSingleton<StoreHistory>();
        services.AddSingleton<ChangeLogTail>();
        services.AddSingleton<ChangeLogPartitions>();
        services.AddSingleton<StatusEntries>();
        services.AddSingleton<StoreMigrator>();
        services.AddSingleton<ILeaderLease, LeaderLease>();
        services.AddSingleton<NodePresence>();
        services.AddSingleton<INodePresence>(provider => provider.GetRequiredService<NodePresence>());
        services.AddSingleton<GatewayPresence>();
        services.AddSingleton<IGatewayPresence>(provider => provider.GetRequiredService<GatewayPresence>());
        services.AddSingleton<ITokenStore, TokenStore>();
        services.AddSingleton<IIdempotentResults, IdempotentResults>();
        services.AddSingleton<IWaitingStreams, WaitingStreams>();
        services.AddHostedService<StoreService>();
        return services;
    }
}
