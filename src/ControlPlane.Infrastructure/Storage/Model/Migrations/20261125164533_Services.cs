using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ControlPlane.Infrastructure.Storage.Model.Migrations
{
    /// <inheritdoc />
    public partial class Services : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "endpoints",
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
                    table.PrimaryKey("pk_endpoints", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "endpointslices",
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
                    owner_uid = table.Column<string>(type: "text", nullable: true, computedColumnSql: "jsonb_path_query_first(metadata, '$.ownerReferences[*] ? (@.controller == true).uid') #>> '{}'", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_endpointslices", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "gateway_presence",
                columns: table => new
                {
                    instance = table.Column<string>(type: "text", nullable: false),
                    node = table.Column<string>(type: "text", nullable: false),
                    store = table.Column<string>(type: "text", nullable: false),
                    acknowledged = table.Column<long>(type: "bigint", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    draining = table.Column<string>(type: "jsonb", nullable: false),
                    last_seen = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_gateway_presence", x => x.instance);
                });

            migrationBuilder.CreateTable(
                name: "poddisruptionbudgets",
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
                    disruptions_allowed = table.Column<int>(type: "integer", nullable: true, computedColumnSql: "(status ->> 'disruptionsAllowed')::int", stored: true),
                    generation = table.Column<long>(type: "bigint", nullable: true, computedColumnSql: "(metadata ->> 'generation')::bigint", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_poddisruptionbudgets", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "serviceallocations",
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
                    owner_uid = table.Column<string>(type: "text", nullable: true, computedColumnSql: "jsonb_path_query_first(metadata, '$.ownerReferences[*] ? (@.controller == true).uid') #>> '{}'", stored: true),
                    service_name = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'service'", stored: true),
                    service_namespace = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'namespace'", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_serviceallocations", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "services",
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
                    cluster_ip = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'clusterIP'", stored: true),
                    deletion_timestamp = table.Column<string>(type: "text", nullable: true, computedColumnSql: "metadata ->> 'deletionTimestamp'", stored: true),
                    generation = table.Column<long>(type: "bigint", nullable: true, computedColumnSql: "(metadata ->> 'generation')::bigint", stored: true),
                    type = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'type'", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_services", x => x.uid);
                });

            migrationBuilder.CreateIndex(
                name: "ix_endpoints_namespace_name",
                table: "endpoints",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_endpointslices_namespace_name",
                table: "endpointslices",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_poddisruptionbudgets_namespace_name",
                table: "poddisruptionbudgets",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_serviceallocations_namespace_name",
                table: "serviceallocations",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_services_namespace_name",
                table: "services",
                columns: new[] { "namespace", "name" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "endpoints");

            migrationBuilder.DropTable(
                name: "endpointslices");

            migrationBuilder.DropTable(
                name: "gateway_presence");

            migrationBuilder.DropTable(
                name: "poddisruptionbudgets");

            migrationBuilder.DropTable(
                name: "serviceallocations");

            migrationBuilder.DropTable(
                name: "services");
        }
    }
}
