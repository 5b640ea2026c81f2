namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>Says that the change log has probably grown. Many wake-ups before a wait are one.</summary>
internal sealed class ChangeSignal : IDisposable
{
    private readonly SemaphoreSlim semaphore = new(0);
    private int isAwake;

    public void Wake()
    {
        if (Interlocked.Exchange(ref isAwake, 1) == 0)
        {
            semaphore.Release();
        }
    }

    /// <summary>Returns when woken, or after the timeout.</summary>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (await semaphore.WaitAsync(timeout, cancellationToken))
        {
            Volatile.Write(ref isAwake, 0);
        }
    }

    public void Dispose() => semaphore.Dispose();
}
