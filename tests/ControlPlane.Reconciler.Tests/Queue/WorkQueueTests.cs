using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Queue;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests.Queue;

public class WorkQueueTests
{
    private static readonly WorkKey A = WorkKey.Deployment(new ObjectKey("default", "a"));
    private static readonly WorkKey B = WorkKey.Deployment(new ObjectKey("default", "b"));

    private readonly ManualTime time = new();
    private readonly WorkQueue queue;

    public WorkQueueTests() => queue = new WorkQueue(time, new Random(1));

    [Fact]
    public void TryTake_KeysInTheOrderTheyCame_EachOnce()
    {
        queue.Add(A);
        queue.Add(B);
        queue.Add(A);

        Assert.Equal([A, B], TakeAll());
        Assert.Null(queue.UntilNextDue);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void TryTake_ACertainKey_ComesBeforeOthersOnceItIsDue()
    {
        queue.Add(A);
        queue.AddAfter(B, TimeSpan.FromSeconds(5));
        Assert.False(queue.TryTake(B));
        Pass(TimeSpan.FromSeconds(5));

        Assert.True(queue.TryTake(B));
        Assert.False(queue.TryTake(B));
        Assert.Equal([A], TakeAll());
        Assert.Null(queue.UntilNextDue);
    }

    [Fact]
    public void TryTake_AKeyThatIsNotDue_StaysUntilItIs()
    {
        queue.AddAfter(A, TimeSpan.FromSeconds(5));
        Assert.Empty(TakeAll());
        Assert.Equal(TimeSpan.FromSeconds(5), queue.UntilNextDue);

        Pass(TimeSpan.FromSeconds(5));

        Assert.Equal(TimeSpan.Zero, queue.UntilNextDue);
        Assert.Equal([A], TakeAll());
    }

    [Fact]
    public void Add_AKeyThatWaits_BringsItForward()
    {
        queue.AddAfter(A, TimeSpan.FromMinutes(5));
        queue.Add(A);

        Assert.Equal([A], TakeAll());
        Pass(TimeSpan.FromMinutes(6));
        Assert.Empty(TakeAll());
    }

    [Fact]
    public void AddAfter_LaterThanItIsDueAlready_ChangesNothing()
    {
        queue.AddAfter(A, TimeSpan.FromSeconds(1));
        queue.AddAfter(A, TimeSpan.FromSeconds(9));

        Assert.Equal(TimeSpan.FromSeconds(1), queue.UntilNextDue);
    }

    [Fact]
    public void Add_AKeyThatWasTaken_IsThereAgain()
    {
        queue.Add(A);
        Assert.Equal([A], TakeAll());
        queue.Add(A);

        Assert.Equal([A], TakeAll());
    }

    [Fact]
    public void AddFailed_InARow_WaitsEverLongerUpToAMinute()
    {
        for (int failure = 0; failure < 20; failure++)
        {
            double wholeMs = Math.Min(60_000, 5 * Math.Pow(2, failure));
            Assert.InRange(queue.AddFailed(A).TotalMilliseconds, wholeMs / 2, wholeMs);
        }

        queue.Succeeded(A);
        Assert.InRange(queue.AddFailed(A).TotalMilliseconds, 2.5, 5);
    }

    private List<WorkKey> TakeAll()
    {
        List<WorkKey> taken = [];
        while (queue.TryTake(out WorkKey key))
        {
            taken.Add(key);
        }

        return taken;
    }

    private void Pass(TimeSpan by) => time.MoveTo(time.GetUtcNow() + by);
}
