using ControlPlane.Domain.Agents;
using ControlPlane.Infrastructure.Streams;
using ControlPlane.Infrastructure.Tests.Storage;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Streams;

public sealed class WaitingStreamsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource stopping = new();
    private readonly WaitingStream stream = new("node-1", new StreamRequest
    {
        Id = Guid.NewGuid().ToString("N"),
        PodUid = "uid",
        Type = "logs",
        Logs = new LogOptions { Container = "c", Follow = true, SinceTime = DateTimeOffset.UnixEpoch },
        ReplicaUrl = "https://10.0.0.6:8443/",
    });

    private TestStore store = null!;
    private TestStore other = null!;
    private Task following = Task.CompletedTask;
    private volatile IReadOnlyList<WaitingStream> seen = [];

    private IWaitingStreams Streams => store.Get<IWaitingStreams>();

    public async Task InitializeAsync()
    {
        store = await TestStore.StartAsync(postgres.ConnectionString);
        other = await TestStore.StartAsync(postgres.ConnectionString);
        following = other.Get<IWaitingStreams>().FollowAsync(waiting => seen = [.. waiting], stopping.Token);
    }

    public async Task DisposeAsync()
    {
        await stopping.CancelAsync();
        await following;
        await Sql.ExecuteAsync(postgres.ConnectionString, "DELETE FROM waiting_streams");
        await store.DisposeAsync();
        await other.DisposeAsync();
    }

    public void Dispose() => stopping.Dispose();

    [Fact]
    public async Task Added_IsSeenByAnotherReplicaAsItIs_UntilItIsRemoved()
    {
        Assert.True(await Streams.AddAsync(stream, Long, CancellationToken.None));
        await Wait.UntilAsync(() => seen.Contains(stream), "the stream to be seen");

        await Streams.RemoveAsync(stream.Request.Id, CancellationToken.None);
        await Streams.RemoveAsync(stream.Request.Id, CancellationToken.None);
        await Wait.UntilAsync(() => !seen.Contains(stream), "the stream to be gone");
    }

    [Fact]
    public async Task Added_WhoseTimeIsUp_IsNoLongerSeen_AndLeavesTheTableWithTheNext()
    {
        Assert.True(await Streams.AddAsync(stream, TimeSpan.FromMilliseconds(1), CancellationToken.None));
        WaitingStream next = stream with { Request = stream.Request with { Id = Guid.NewGuid().ToString("N") } };

        Assert.True(await Streams.AddAsync(next, Long, CancellationToken.None));

        await Wait.UntilAsync(() => seen.SequenceEqual([next]), "only the next to be seen");
        Assert.Equal(next.Request.Id, await Sql.ScalarAsync(postgres.ConnectionString, "SELECT string_agg(id, ' ') FROM waiting_streams"));
    }

    [Fact]
    public async Task Add_BeyondTheMost_IsRefused_UntilOneHasGone()
    {
        await Sql.ExecuteAsync(
            postgres.ConnectionString,
            $"INSERT INTO waiting_streams SELECT i, 'n', '{{\"id\":\"i\",\"podUid\":\"u\",\"type\":\"logs\"}}', now() + interval '1 hour' FROM generate_series(1, {WaitingStreams.StreamsMax}) AS i");
        Assert.False(await Streams.AddAsync(stream, Long, CancellationToken.None));

        await Streams.RemoveAsync("7", CancellationToken.None);

        Assert.True(await Streams.AddAsync(stream, Long, CancellationToken.None));
    }
}
