using Npgsql;

namespace ControlPlane.Infrastructure.Tests;

/// <summary>Looks into a test's database, or does to it what the product does not.</summary>
internal static class Sql
{
    public static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using NpgsqlConnection connection = await OpenAsync(connectionString);
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public static Task ExecuteAsync(string connectionString, string sql) => ScalarAsync(connectionString, sql);

    /// <summary>Holds a table's lock, the strongest if no other is named, until the result is disposed of.</summary>
    public static async Task<IAsyncDisposable> LockAsync(string connectionString, string table, string mode = "ACCESS EXCLUSIVE")
    {
        NpgsqlConnection connection = await OpenAsync(connectionString);
        await using NpgsqlCommand command = new($"BEGIN; LOCK TABLE {table} IN {mode} MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
