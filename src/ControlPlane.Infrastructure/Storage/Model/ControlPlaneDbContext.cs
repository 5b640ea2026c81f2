using ControlPlane.Domain.Resources;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ControlPlane.Infrastructure.Storage.Model;

/// <summary>The database's model: its tables, and the migrations that make them. Objects are written by <c>ResourceStore</c> alone.</summary>
internal sealed class ControlPlaneDbContext(DbContextOptions<ControlPlaneDbContext> options) : DbContext(options)
{
    public DbSet<StoreRow> Store => Set<StoreRow>();

    public DbSet<ChangeRow> Changes => Set<ChangeRow>();

    public DbSet<TokenRow> Tokens => Set<TokenRow>();

    /// <summary>The objects of a kind as rows.</summary>
    public DbSet<ResourceRow> Objects(ResourceKind kind) => Set<ResourceRow>(kind.Plural);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        foreach (ResourceKind kind in ResourceKinds.All)
        {
            modelBuilder.SharedTypeEntity<ResourceRow>(kind.Plural, row => Configure(kind, row));
        }

        // The migration makes it by hand, for EF Core has no word for partitions.
        modelBuilder.Entity<ChangeRow>(row =>
        {
            row.ToTable("changes", table => table.ExcludeFromMigrations()).HasKey(change => change.Revision);
            row.Property(change => change.Revision).ValueGeneratedNever();
            row.Property(change => change.At).HasDefaultValueSql("now()");
            row.Property(change => change.Metadata).HasColumnType("jsonb");
            row.Property(change => change.Labels).HasColumnType("jsonb");
            row.Property(change => change.Spec).HasColumnType("jsonb");
            row.Property(change => change.Status).HasColumnType("jsonb");
        });
        modelBuilder.Entity<StoreRow>(row =>
        {
            row.ToTable("store", table => table.HasCheckConstraint("store_has_one_row", "singleton")).HasKey(store => store.Singleton);
            row.Property(store => store.Singleton).ValueGeneratedNever();
        });
        modelBuilder.Entity<LeaderRow>(row =>
        {
            row.ToTable("leader", table => table.HasCheckConstraint("leader_has_one_row", "singleton")).HasKey(leader => leader.Singleton);
            row.Property(leader => leader.Singleton).ValueGeneratedNever();
        });
        modelBuilder.Entity<LostRevisionsRow>(row =>
        {
            row.ToTable("lost_revisions").HasKey(lost => lost.After);
            row.Property(lost => lost.After).ValueGeneratedNever();
        });
        modelBuilder.Entity<AgentSessionRow>().ToTable("agent_sessions").HasKey(session => session.Node);
        modelBuilder.Entity<NodePresenceRow>().ToTable("node_presence").HasKey(presence => presence.Node);
        modelBuilder.Entity<GatewayPresenceRow>(row =>
        {
            row.ToTable("gateway_presence").HasKey(gateway => gateway.Instance);
            row.Property(gateway => gateway.Draining).HasColumnType("jsonb");
            row.Property(gateway => gateway.Traffic).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        });
        modelBuilder.Entity<TokenRow>().ToTable("tokens").HasKey(token => token.Name);
        modelBuilder.Entity<IdempotentResultRow>(row =>
        {
            row.ToTable("idempotent_results").HasKey(result => new { result.Actor, result.Key });
            row.HasIndex(result => result.ClaimedAt).HasDatabaseName("ix_idempotent_results_claimed_at");
        });
        modelBuilder.Entity<WaitingStreamRow>(row =>
        {
            row.ToTable("waiting_streams").HasKey(stream => stream.Id);
            row.Property(stream => stream.Request).HasColumnType("jsonb");
        });
        UseSnakeCase(modelBuilder);
    }

    private static void Configure(ResourceKind kind, EntityTypeBuilder<ResourceRow> row)
    {
        row.ToTable(kind.Plural).HasKey(resource => resource.Uid);
        row.HasIndex(resource => new { resource.Namespace, resource.Name }).IsUnique().HasDatabaseName($"ix_{kind.Plural}_namespace_name");
        row.Property(resource => resource.Metadata).HasColumnType("jsonb");
        row.Property(resource => resource.Labels).HasColumnType("jsonb");
        row.Property(resource => resource.Spec).HasColumnType("jsonb");
        row.Property(resource => resource.Status).HasColumnType("jsonb");
        foreach (GeneratedColumn column in GeneratedColumns.Of(kind))
        {
            row.Property(column.Type, column.Name).HasComputedColumnSql(column.Sql, stored: true);
            if (column.IsIndexed)
            {
                row.HasIndex(column.Name).HasDatabaseName($"ix_{kind.Plural}_{column.Name}");
            }
        }
    }

    private static void UseSnakeCase(ModelBuilder modelBuilder)
    {
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(string.Concat(property.Name.Select(
                    (letter, index) => char.IsUpper(letter) ? (index > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString())));
            }

            foreach (var key in entity.GetKeys())
            {
                key.SetName($"pk_{entity.GetTableName()}");
            }
        }
    }

    /// <summary>For <c>dotnet ef</c>, which needs the model and no database.</summary>
    internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<ControlPlaneDbContext>
    {
        public ControlPlaneDbContext CreateDbContext(string[] args) =>
            new(new DbContextOptionsBuilder<ControlPlaneDbContext>().UseNpgsql("Host=nowhere").Options);
    }
}
