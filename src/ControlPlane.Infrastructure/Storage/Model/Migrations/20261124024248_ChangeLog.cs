using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ControlPlane.Infrastructure.Storage.Model.Migrations
{
    /// <summary>What EF Core has no words for: the partitioned change log, and the rows of the tables that have just one.</summary>
    public partial class ChangeLog : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                CREATE TABLE changes (
                    revision bigint NOT NULL,
                    at timestamp with time zone NOT NULL DEFAULT now(),
                    kind text NOT NULL,
                    namespace text NOT NULL,
                    name text NOT NULL,
                    uid text NOT NULL,
                    operation character(1) NOT NULL,
                    desired_revision bigint NOT NULL,
                    metadata jsonb NOT NULL,
                    labels jsonb,
                    spec jsonb,
                    status jsonb,
                    actor text NOT NULL,
                    CONSTRAINT pk_changes PRIMARY KEY (revision)
                ) PARTITION BY RANGE (revision);
                CREATE TABLE changes_default PARTITION OF changes DEFAULT;
                INSERT INTO store (singleton, identity, revision, compacted_revision) VALUES (true, gen_random_uuid(), 0, 0);
                INSERT INTO leader (singleton, epoch, holder, expires_at) VALUES (true, 0, '', '-infinity');
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TABLE changes;
                DELETE FROM store;
                DELETE FROM leader;
                """);
        }
    }
}
