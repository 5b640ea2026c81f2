using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ControlPlane.Infrastructure.Storage.Model.Migrations
{
    /// <summary>Entries of the change log that hold a status alone. A store that is made now has them from the start; another one once no replica is connected that cannot read them.</summary>
    public partial class StatusEntries : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // A backup that is being made holds off whoever needs these tables to themselves, and they hold off all commits meanwhile: they give way and try again.
            migrationBuilder.Sql("SET LOCAL lock_timeout = '1s'");
            migrationBuilder.AddColumn<bool>(
                name: "logs_status_alone",
                table: "store",
                type: "boolean",
                nullable: false,
                defaultValue: false);
            migrationBuilder.Sql(
                """
                ALTER TABLE changes ALTER COLUMN metadata DROP NOT NULL;
                UPDATE store SET logs_status_alone = revision = 0;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DELETE FROM changes;
                UPDATE store SET compacted_revision = revision;
                ALTER TABLE changes ALTER COLUMN metadata SET NOT NULL;
                """);
            migrationBuilder.DropColumn(
                name: "logs_status_alone",
                table: "store");
        }
    }
}
