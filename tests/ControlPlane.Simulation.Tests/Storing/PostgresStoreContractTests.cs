using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Simulation.Tests.Storing;

/// <summary>The contract on the real database.</summary>
public sealed class PostgresStoreContractTests(PostgresFixture postgres) : StoreContract, IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly List<IHost> hosts = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (IHost host in hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }
    }

    protected override async Task<(IResourceStore Store, IResourceCache Cache)> OpenAsync()
    {
        IHost host = await StartReplicaAsync();
        return (host.Services.GetRequiredService<IResourceStore>(), host.Services.GetRequiredService<IResourceCache>());
    }

    protected override async Task<long> LeadAnewAsync()
    {
        foreach (IHost earlier in hosts)
        {
            await earlier.Services.GetRequiredService<ILeaderLease>().ReleaseAsync(CancellationToken.None);
        }

        IHost host = await StartReplicaAsync();
        return await host.Services.GetRequiredService<ILeaderLease>().TryHoldAsync(CancellationToken.None) ?? throw new InvalidOperationException("another leads");
    }

    private async Task<IHost> StartReplicaAsync()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddControlPlaneStore(options => options.ConnectionString = postgres.ConnectionString);
        IHost host = builder.Build();
        hosts.Add(host);
        await host.StartAsync();
        return host;
    }
}
