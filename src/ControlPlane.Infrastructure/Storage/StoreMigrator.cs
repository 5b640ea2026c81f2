using ControlPlane.Infrastructure.Storage.Model;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>Brings the database's tables up to date. Replicas that start together do it one after another.</summary>
internal sealed class StoreMigrator(Database database)
{
    private const long MigrationLock = 4859223969371221042;

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection guard = await database.Source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand acquire = new($"SELECT pg_advisory_lock({MigrationLock})", guard) { CommandTimeout = 0 };
        await acquire.ExecuteNonQueryAsync(cancellationToken);
        try
        {
            DbContextOptions<ControlPlaneDbContext> options = new DbContextOptionsBuilder<ControlPlaneDbContext>().UseNpgsql(database.Source).Options;
            await using ControlPlaneDbContext context = new(options);
            await context.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            await using NpgsqlCommand release = new($"SELECT pg_advisory_unlock({MigrationLock})", guard);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
