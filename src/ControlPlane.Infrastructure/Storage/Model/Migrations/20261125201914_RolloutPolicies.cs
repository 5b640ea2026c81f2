using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ControlPlane.Infrastructure.Storage.Model.Migrations
{
    /// <inheritdoc />
    public partial class RolloutPolicies : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "rolloutpolicies",
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
                    generation = table.Column<long>(type: "bigint", nullable: true, computedColumnSql: "(metadata ->> 'generation')::bigint", stored: true),
                    strategy = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec -> 'strategy' ->> 'type'", stored: true),
                    target = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec -> 'targetRef' ->> 'name'", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rolloutpolicies", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "rolloutstates",
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
                    deployment = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'deployment'", stored: true),
                    generation = table.Column<long>(type: "bigint", nullable: true, computedColumnSql: "(metadata ->> 'generation')::bigint", stored: true),
                    owner_uid = table.Column<string>(type: "text", nullable: true, computedColumnSql: "jsonb_path_query_first(metadata, '$.ownerReferences[*] ? (@.controller == true).uid') #>> '{}'", stored: true),
                    phase = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'phase'", stored: true),
                    revision = table.Column<long>(type: "bigint", nullable: true, computedColumnSql: "(spec ->> 'revision')::bigint", stored: true),
                    step = table.Column<int>(type: "integer", nullable: true, computedColumnSql: "(spec ->> 'step')::int", stored: true),
                    weight_per_mille = table.Column<int>(type: "integer", nullable: true, computedColumnSql: "(spec ->> 'weightPerMille')::int", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rolloutstates", x => x.uid);
                });

            migrationBuilder.CreateIndex(
                name: "ix_rolloutpolicies_namespace_name",
                table: "rolloutpolicies",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_rolloutstates_namespace_name",
                table: "rolloutstates",
                columns: new[] { "namespace", "name" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "rolloutpolicies");

            migrationBuilder.DropTable(
                name: "rolloutstates");
        }
    }
}
