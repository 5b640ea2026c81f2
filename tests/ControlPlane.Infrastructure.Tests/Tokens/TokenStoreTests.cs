using System.Security.Cryptography;
using System.Text;
using ControlPlane.Infrastructure.Tests.Storage;
using ControlPlane.Infrastructure.Tokens;
using ControlPlane.Testing;
using Npgsql;

namespace ControlPlane.Infrastructure.Tests.Tokens;

public sealed class TokenStoreTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestStore store = null!;

    public async Task InitializeAsync() => store = await TestStore.StartAsync(postgres.ConnectionString);

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task Put_StoresTheHashAlone()
    {
        await store.Tokens.PutAsync("hashed", TokenRole.Agent, "the-secret", CancellationToken.None);

        Assert.Equal(
            SHA256.HashData(Encoding.UTF8.GetBytes("the-secret")),
            (byte[]?)await Sql.ScalarAsync(postgres.ConnectionString, "SELECT hash FROM tokens WHERE name = 'hashed'"));
        Assert.Equal(0L, await Sql.ScalarAsync(postgres.ConnectionString, "SELECT count(*) FROM tokens t WHERE t::text LIKE '%the-secret%'"));
    }

    [Fact]
    public async Task Authenticate_SaysWhoseTokenItIs_AndNobodysWhenUnknown()
    {
        await store.Tokens.PutAsync("ci", TokenRole.Admin, "token-of-ci", CancellationToken.None);
        await store.Tokens.PutAsync("agents", TokenRole.Agent, "token-of-agents", CancellationToken.None);

        Assert.Equal(new TokenIdentity("ci", TokenRole.Admin), await AuthenticateAsync(store, "token-of-ci"));
        Assert.Equal(new TokenIdentity("agents", TokenRole.Agent), await AuthenticateAsync(store, "token-of-agents"));
        foreach (string unknown in (string[])["", "token-of-c", "token-of-ci ", "TOKEN-OF-CI", Convert.ToHexString(SHA256.HashData("token-of-ci"u8))])
        {
            Assert.Null(await AuthenticateAsync(store, unknown));
        }
    }

    [Fact]
    public async Task ReplacedToken_IsUnknownHereAtOnce_AndOnOtherReplicasOnceTheirCacheIsOld()
    {
        await using TestStore other = await TestStore.StartAsync(postgres.ConnectionString, options => options.TokenCacheDuration = TimeSpan.FromMilliseconds(300));
        await store.Tokens.PutAsync("replaced", TokenRole.Admin, "old", CancellationToken.None);
        await Wait.UntilAsync(async () => (await AuthenticateAsync(other, "old") is not null, "unknown"), "the other replica to know the token");

        await store.Tokens.PutAsync("replaced", TokenRole.Agent, "new", CancellationToken.None);

        Assert.Null(await AuthenticateAsync(store, "old"));
        Assert.Equal(new TokenIdentity("replaced", TokenRole.Agent), await AuthenticateAsync(store, "new"));
        await Wait.UntilAsync(async () => (await AuthenticateAsync(other, "new") is not null, "unknown"), "the other replica to know the new token");
        await Wait.UntilAsync(async () => (await AuthenticateAsync(other, "old") is null, "known"), "the other replica to forget the old token");
    }

    [Fact]
    public async Task Add_KeepsTheFirstTokenOfANameUntilItIsRemoved()
    {
        Assert.False(await store.Tokens.HasAsync("system:node:n", CancellationToken.None));
        Assert.True(await AddAsync("first"));
        Assert.True(await AddAsync("first"));
        Assert.False(await AddAsync("second"));
        Assert.True(await store.Tokens.HasAsync("system:node:n", CancellationToken.None));
        Assert.Equal(new TokenIdentity("system:node:n", TokenRole.Node), await AuthenticateAsync(store, "first"));
        Assert.Null(await AuthenticateAsync(store, "second"));

        await store.Tokens.RemoveAsync("system:node:n", CancellationToken.None);

        Assert.Null(await AuthenticateAsync(store, "first"));
        Assert.True(await AddAsync("second"));
        Task<bool> AddAsync(string token) => store.Tokens.AddAsync("system:node:n", TokenRole.Node, token, CancellationToken.None);
    }

    /// <summary>Each caller used to wait for its own question, one after the other: six requests took 25 s while the database hung.</summary>
    [Fact]
    public async Task KnownToken_WhileTheDatabaseTakesQuestionsAndDoesNotAnswer_IsKnownToManyAtOnce()
    {
        await using TestStore other = await TestStore.StartAsync(postgres.ConnectionString, options => options.TokenCacheDuration = TimeSpan.FromMilliseconds(20));
        await other.Tokens.PutAsync("patient", TokenRole.Admin, "known", CancellationToken.None);
        Assert.NotNull(await AuthenticateAsync(other, "known"));
        await using NpgsqlConnection hanging = new(postgres.ConnectionString);
        await hanging.OpenAsync();
        await using NpgsqlTransaction transaction = await hanging.BeginTransactionAsync();
        await using NpgsqlCommand hold = new("LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE", hanging, transaction);
        await hold.ExecuteNonQueryAsync();

        Task<TokenIdentity?[]> callers = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AuthenticateAsync(other, "known")));

        Assert.All(await callers.WaitAsync(TimeSpan.FromSeconds(30)), identity => Assert.Equal(new TokenIdentity("patient", TokenRole.Admin), identity));
    }

    private static async Task<TokenIdentity?> AuthenticateAsync(TestStore store, string token) =>
        await store.Tokens.AuthenticateAsync(token, CancellationToken.None);
}
