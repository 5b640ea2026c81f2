using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ControlPlane.Infrastructure.Storage.Model.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "agent_sessions",
                columns: table => new
                {
                    node = table.Column<string>(type: "text", nullable: false),
                    session_id = table.Column<string>(type: "text", nullable: true),
                    sequence = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agent_sessions", x => x.node);
                });

            migrationBuilder.CreateTable(
                name: "deployments",
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
                    ready_replicas = table.Column<int>(type: "integer", nullable: true, computedColumnSql: "(status ->> 'readyReplicas')::int", stored: true),
                    replicas = table.Column<int>(type: "integer", nullable: true, computedColumnSql: "(spec ->> 'replicas')::int", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_deployments", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "events",
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
                    involved_uid = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec -> 'involvedObject' ->> 'uid'", stored: true),
                    last_timestamp = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'lastTimestamp'", stored: true),
                    reason = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'reason'", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_events", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "leader",
                columns: table => new
                {
                    singleton = table.Column<bool>(type: "boolean", nullable: false),
                    epoch = table.Column<long>(type: "bigint", nullable: false),
                    holder = table.Column<string>(type: "text", nullable: false),
                    expires_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_leader", x => x.singleton);
                    table.CheckConstraint("leader_has_one_row", "singleton");
                });

            migrationBuilder.CreateTable(
                name: "namespaces",
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
                    phase = table.Column<string>(type: "text", nullable: true, computedColumnSql: "status ->> 'phase'", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_namespaces", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "node_presence",
                columns: table => new
                {
                    node = table.Column<string>(type: "text", nullable: false),
                    last_seen = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_node_presence", x => x.node);
                });

            migrationBuilder.CreateTable(
                name: "nodes",
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
                    ready = table.Column<bool>(type: "boolean", nullable: true, computedColumnSql: "jsonb_path_exists(status, '$.conditions[*] ? (@.type == \"Ready\" && @.status == \"True\")')", stored: true),
                    unschedulable = table.Column<bool>(type: "boolean", nullable: true, computedColumnSql: "(spec ->> 'unschedulable')::boolean", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_nodes", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "pods",
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
                    node = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'nodeName'", stored: true),
                    owner_uid = table.Column<string>(type: "text", nullable: true, computedColumnSql: "jsonb_path_query_first(metadata, '$.ownerReferences[*] ? (@.controller == true).uid') #>> '{}'", stored: true),
                    phase = table.Column<string>(type: "text", nullable: true, computedColumnSql: "status ->> 'phase'", stored: true),
                    ready = table.Column<bool>(type: "boolean", nullable: true, computedColumnSql: "jsonb_path_exists(status, '$.conditions[*] ? (@.type == \"Ready\" && @.status == \"True\")')", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pods", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "replicasets",
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
                    ready_replicas = table.Column<int>(type: "integer", nullable: true, computedColumnSql: "(status ->> 'readyReplicas')::int", stored: true),
                    replicas = table.Column<int>(type: "integer", nullable: true, computedColumnSql: "(spec ->> 'replicas')::int", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_replicasets", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "secrets",
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
                    type = table.Column<string>(type: "text", nullable: true, computedColumnSql: "spec ->> 'type'", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_secrets", x => x.uid);
                });

            migrationBuilder.CreateTable(
                name: "store",
                columns: table => new
                {
                    singleton = table.Column<bool>(type: "boolean", nullable: false),
                    identity = table.Column<Guid>(type: "uuid", nullable: false),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    compacted_revision = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_store", x => x.singleton);
                    table.CheckConstraint("store_has_one_row", "singleton");
                });

            migrationBuilder.CreateTable(
                name: "tokens",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tokens", x => x.name);
                });

            migrationBuilder.CreateIndex(
                name: "ix_deployments_namespace_name",
                table: "deployments",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_events_namespace_name",
                table: "events",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_namespaces_namespace_name",
                table: "namespaces",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_nodes_namespace_name",
                table: "nodes",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_pods_namespace_name",
                table: "pods",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_pods_node",
                table: "pods",
                column: "node");

            migrationBuilder.CreateIndex(
                name: "ix_replicasets_namespace_name",
                table: "replicasets",
                columns: new[] { "namespace", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_secrets_namespace_name",
                table: "secrets",
                columns: new[] { "namespace", "name" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "agent_sessions");

            migrationBuilder.DropTable(
                name: "deployments");

            migrationBuilder.DropTable(
                name: "events");

            migrationBuilder.DropTable(
                name: "leader");

            migrationBuilder.DropTable(
                name: "namespaces");

            migrationBuilder.DropTable(
                name: "node_presence");

            migrationBuilder.DropTable(
                name: "nodes");

            migrationBuilder.DropTable(
                name: "pods");

            migrationBuilder.DropTable(
                name: "replicasets");

            migrationBuilder.DropTable(
                name: "secrets");

            migrationBuilder.DropTable(
                name: "store");

            migrationBuilder.DropTable(
                name: "tokens");
        }
    }
}
