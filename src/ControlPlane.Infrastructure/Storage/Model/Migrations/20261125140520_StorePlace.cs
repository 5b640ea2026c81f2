using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ControlPlane.Infrastructure.Storage.Model.Migrations
{
    /// <inheritdoc />
    public partial class StorePlace : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "home",
                table: "store",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "timeline",
                table: "store",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "lost_revisions",
                columns: table => new
                {
                    after = table.Column<long>(type: "bigint", nullable: false),
                    before = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_lost_revisions", x => x.after);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "lost_revisions");

            migrationBuilder.DropColumn(
                name: "home",
                table: "store");

            migrationBuilder.DropColumn(
                name: "timeline",
                table: "store");
        }
    }
}
