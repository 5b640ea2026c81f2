using System.Text.RegularExpressions;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Infrastructure.Storage.Commits;
using ControlPlane.Testing;
using Npgsql;

namespace ControlPlane.Infrastructure.Tests.Storage.Commits;

public class CommitStatementsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>Each row is met once: what PostgreSQL plans for 1,000 rows is no loop over the rows in a loop over the rows.</summary>
    [Theory]
    [InlineData(nameof(CommitStatements.Insert))]
    [InlineData(nameof(CommitStatements.Update))]
    [InlineData(nameof(CommitStatements.UpdateStatus))]
    [InlineData(nameof(CommitStatements.UpdateStatusInFull))]
    [InlineData(nameof(CommitStatements.Delete))]
    public async Task Statements_ReadTheirParametersOnce_AndFindRowsByIndex(string name)
    {
        await using TestStore store = await TestStore.StartAsync(postgres.ConnectionString);
        foreach (string statement in ResourceKinds.All.Select(kind => CommitStatements.Of(kind.Kind)).Select(statements => SqlOf(statements, name)))
        {
            string plan = await ExplainAsync(store.Get<Database>().Commits, statement);

            Assert.Single(Regex.Matches(plan, "Function Scan"));
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        }
    }

    private static string SqlOf(CommitStatements statements, string name) => name switch
    {
        nameof(CommitStatements.Insert) => statements.Insert,
        nameof(CommitStatements.Update) => statements.Update,
        nameof(CommitStatements.UpdateStatus) => statements.UpdateStatus,
        nameof(CommitStatements.UpdateStatusInFull) => statements.UpdateStatusInFull,
        _ => statements.Delete,
    };

    private static async Task<string> ExplainAsync(NpgsqlDataSource source, string statement)
    {
        int parameters = Regex.Matches(statement, @"\$(\d+)").Select(match => int.Parse(match.Groups[1].ValueSpan)).Max();
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using NpgsqlCommand explain = new(
            $"PREPARE asked AS {statement}; EXPLAIN EXECUTE asked({string.Join(", ", Enumerable.Repeat("NULL", parameters))}); DEALLOCATE asked", connection);
        List<string> lines = [];
        await using NpgsqlDataReader reader = await explain.ExecuteReaderAsync();
        do
        {
            while (await reader.ReadAsync())
            {
                lines.Add(reader.GetString(0));
            }
        }
        while (await reader.NextResultAsync());
        return string.Join('\n', lines);
    }
}
