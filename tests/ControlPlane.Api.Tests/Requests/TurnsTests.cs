using ControlPlane.Api.Requests;

namespace ControlPlane.Api.Tests.Requests;

public sealed class TurnsTests
{
    [Fact]
    public async Task Turn_IsOnesAtATime_AndOfEachKeyByItself()
    {
        Turns<string> turns = new();
        IDisposable first = await turns.TakeAsync("a", CancellationToken.None);
        using IDisposable other = await turns.TakeAsync("b", CancellationToken.None);
        Task<IDisposable> second = turns.TakeAsync("a", CancellationToken.None).AsTask();
        Assert.False(second.IsCompleted);

        first.Dispose();

        (await second).Dispose();
        Assert.Equal(1, turns.Count);
    }

    [Fact]
    public async Task WhoGivesUp_LeavesTheLine()
    {
        Turns<string> turns = new();
        IDisposable first = await turns.TakeAsync("a", CancellationToken.None);
        using CancellationTokenSource patience = new();
        Task<IDisposable> second = turns.TakeAsync("a", patience.Token).AsTask();

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        first.Dispose();
        Assert.Equal(0, turns.Count);
    }

    /// <summary>Whoever has a turn may wait for a store that does not answer.</summary>
    [Fact]
    public async Task WhoHasWaitedForLong_GoesOn_AndTakesNobodysTurn()
    {
        Turns<string> turns = new();
        IDisposable first = await turns.TakeAsync("a", CancellationToken.None);

        (await turns.TakeAsync("a", CancellationToken.None)).Dispose();

        Task<IDisposable> third = turns.TakeAsync("a", CancellationToken.None).AsTask();
        first.Dispose();
        (await third).Dispose();
        Assert.Equal(0, turns.Count);
    }
}
