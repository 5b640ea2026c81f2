using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Control;

/// <summary>The table that is acted on, as it is reported, and the wish to report at once.</summary>
internal sealed class Acknowledged(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim news = new(0, 1);
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RouteTable table = new() { Store = "", Revision = 0 };

    public RouteTable Table => table;

    /// <summary>Completes when the first table is acted on.</summary>
    public Task First => first.Task;

    public void Set(RouteTable applied)
    {
        table = applied;
        first.TrySetResult();
        Report();
    }

    /// <summary>Something is worth a report at once.</summary>
    public void Report()
    {
        lock (news)
        {
            if (news.CurrentCount == 0)
            {
                news.Release();
            }
        }
    }

    public void Dispose() => news.Dispose();

    /// <summary>Returns when there is something to report, or the time has passed.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(atMost, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await news.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }
    }
}
