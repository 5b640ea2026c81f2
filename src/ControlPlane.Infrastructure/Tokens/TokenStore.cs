using System.Security.Cryptography;
using System.Text;
using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Tokens;

/// <summary>Tokens as SHA-256 hashes in a table, cached for seconds.</summary>
internal sealed class TokenStore(Database database, IOptions<StoreOptions> options, TimeProvider time) : ITokenStore, IDisposable
{
    /// <summary>An unknown token may be a new one; guesses must not make the database work for each.</summary>
    private static readonly TimeSpan ShortestRefreshInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a caller with a token waits for a database that takes a question and does not answer.</summary>
    private static readonly TimeSpan RefreshMax = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim refreshing = new(1);
    private volatile Cached? cached;

    public async ValueTask<TokenIdentity?> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        Cached known = await GetAsync(options.Value.TokenCacheDuration, cancellationToken);
        return known.Tokens.Find(hash) ?? (await GetAsync(ShortestRefreshInterval, cancellationToken)).Tokens.Find(hash);
    }

    public async Task PutAsync(string name, TokenRole role, string token, CancellationToken cancellationToken)
    {
        await database.AskAsync(
            async connection =>
            {
                await using NpgsqlCommand command = new(
                    "INSERT INTO tokens (name, role, hash) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET role = EXCLUDED.role, hash = EXCLUDED.hash",
                    connection)
                {
                    Parameters = { new() { Value = name }, new() { Value = role.ToString() }, new() { Value = SHA256.HashData(Encoding.UTF8.GetBytes(token)) } },
                };
                return await command.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken);
        cached = null;
    }

    public async Task<bool> AddAsync(string name, TokenRole role, string token, CancellationToken cancellationToken)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        byte[] stored = await database.AskAsync(
            async connection =>
            {
                // The update changes nothing, but it waits for a rival that is storing the name and then returns what that one has stored.
                await using NpgsqlCommand command = new(
                    "INSERT INTO tokens (name, role, hash) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET hash = tokens.hash RETURNING hash", connection)
                {
                    Parameters = { new() { Value = name }, new() { Value = role.ToString() }, new() { Value = hash } },
                };
                return (byte[])(await command.ExecuteScalarAsync(cancellationToken))!;
            },
            cancellationToken);
        cached = null;
        return CryptographicOperations.FixedTimeEquals(stored, hash);
    }

    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        await database.AskAsync(
            async connection =>
            {
                await using NpgsqlCommand command = new("DELETE FROM tokens WHERE name = $1", connection) { Parameters = { new() { Value = name } } };
                return await command.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken);
        cached = null;
    }

    public async ValueTask<TokenIdentity?> FindAsync(string name, CancellationToken cancellationToken) =>
        (await GetAsync(options.Value.TokenCacheDuration, cancellationToken)).Tokens.OfName(name);

    public async ValueTask<bool> HasAsync(string name, CancellationToken cancellationToken) =>
        (await GetAsync(options.Value.TokenCacheDuration, cancellationToken)).Tokens.OfName(name) is not null;

    public void Dispose() => refreshing.Dispose();

    private async ValueTask<Cached> GetAsync(TimeSpan oldest, CancellationToken cancellationToken)
    {
        if (cached is { } known && time.GetElapsedTime(known.ReadAt) < oldest)
        {
            return known;
        }

        await refreshing.WaitAsync(cancellationToken);
        try
        {
            if (cached is { } fresh && time.GetElapsedTime(fresh.ReadAt) < oldest)
            {
                return fresh;
            }

            Cached read = await ReadInTimeAsync(cancellationToken);
            cached = read;
            return read;
        }
        catch (StoreUnavailableException) when (cached is { } last)
        {
            // What was known goes on being known while the database is away, and one caller at a time asks whether it is back.
            cached = last with { ReadAt = time.GetTimestamp() };
            return last;
        }
        finally
        {
            refreshing.Release();
        }
    }

    private async Task<Cached> ReadInTimeAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(RefreshMax, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            return await ReadAsync(either.Token);
        }
        catch (OperationCanceledException overdue) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException($"The database did not say within {RefreshMax.TotalSeconds:0} s which tokens there are.", overdue);
        }
    }

    private Task<Cached> ReadAsync(CancellationToken cancellationToken) => database.AskAsync(
        async connection =>
        {
            long readAt = time.GetTimestamp();
            await using NpgsqlCommand command = new("SELECT name, role, hash FROM tokens", connection);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            List<(TokenIdentity, byte[])> tokens = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                tokens.Add((new TokenIdentity(reader.GetString(0), Enum.Parse<TokenRole>(reader.GetString(1))), reader.GetFieldValue<byte[]>(2)));
            }

            return new Cached(readAt, new KnownTokens(tokens));
        },
        cancellationToken);

    private sealed record Cached(long ReadAt, KnownTokens Tokens);
}
