using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ControlPlane.Infrastructure.Storage.Model.Migrations
{
    /// <inheritdoc />
    public partial class ResourceQuotas : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "resourcequotas",
                columns: table => new
                {
                    uid = table.Column<string>(type: "text", nullable: false),
                    @namespace = table.Column<string>(name: "namespace", type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    resource_version = table.Column<long>(type: "bigint", nullable: false),
                    desired_revision = table.Column<long>(type: "bigint", nullable: false),
                    metadata = table.Column<string>(type: "jsonb", nullable: false),
                    labels = table.Column<string>(type: "jsonb", nullable: true),
                    spec = table.Column<string>(type: "jsonb", nullable: true),
                    status = table.Column<string>(type: "jsonb", nullable: true),
                    deletion_timestamp = table.Column<string>(type: "text", nullable: true, computedColumnSql: "metadata ->> 'deletionTimestamp'", stored: true),
                    generation = table.Column<long>(type: "bigint", nullable: true, computedColumnSql: "(metadata ->> 'generation')::bigint", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resourcequotas", x => x.uid);
                });

            migrationBuilder.CreateIndex(
                name: "ix_resourcequotas_namespace_name",
                table: "resourcequotas",
                columns: new[] { "namespace", "name" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "resourcequotas");
        }
    }
}
