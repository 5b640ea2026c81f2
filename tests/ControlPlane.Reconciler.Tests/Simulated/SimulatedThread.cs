namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>
/// Runs asynchronous code on the caller's thread alone, under a clock that jumps from timer to timer: the same code with the same input always
/// takes the same course.
/// </summary>
internal sealed class SimulatedThread : SynchronizationContext
{
    /// <summary>More steps than this without time moving is a loop that never rests.</summary>
    private const int StepsMax = 1_000_000;

    private readonly Queue<(SendOrPostCallback Callback, object? State)> ready = new();

    /// <summary>The thread that drives this one now; 0 while none does.</summary>
    private int driver;

    /// <summary>How often another thread wanted to go on with what runs here.</summary>
    private int strays;

    public ManualTime Time { get; } = new();

    /// <summary>What comes from another thread is not run: the course would depend on how fast that thread is.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId == driver)
        {
            ready.Enqueue((d, state));
        }
        else
        {
            Interlocked.Increment(ref strays);
        }
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Starts something; it goes on whenever this thread is driven.</summary>
    public Task Start(Func<Task> run) => OnThread(() =>
    {
        Task task = run();
        Drain();
        return task;
    });

    /// <summary>Does something to what runs here. It reacts when the thread is driven on.</summary>
    public T Do<T>(Func<T> action) => Environment.CurrentManagedThreadId == driver ? action() : OnThread(action);

    /// <summary>Runs everything that can run without time passing.</summary>
    public void Settle() => OnThread(() =>
    {
        Drain();
        return true;
    });

    /// <summary>Lets time pass, timer by timer.</summary>
    public void Advance(TimeSpan by) => OnThread(() =>
    {
        DateTimeOffset end = Time.Instant + by;
        Drain();
        while (Time.NextTimer is { } next && next <= end)
        {
            Time.MoveTo(next);
            Drain();
        }

        Time.MoveTo(end);
        Drain();
        return true;
    });

    /// <summary>Lets time pass until something holds.</summary>
    /// <param name="what">What is waited for, as the failure's message says it.</param>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="within">How much simulated time it may take.</param>
    /// <param name="seen">What there is instead.</param>
    public TimeSpan Until(string what, Func<bool> holds, TimeSpan within, Func<string> seen)
    {
        DateTimeOffset start = Time.Instant;
        Settle();
        while (!holds())
        {
            if (Time.Instant - start >= within)
            {
                Assert.Fail($"{what}: not within {within}. Seen: {seen()}");
            }

            Advance(TimeSpan.FromMilliseconds(100));
        }

        return Time.Instant - start;
    }

    private void Drain()
    {
        for (int step = 0; ready.TryDequeue(out (SendOrPostCallback Callback, object? State) next); step++)
        {
            Assert.True(step < StepsMax, "the simulated thread never comes to rest");
            next.Callback(next.State);
        }
    }

    private T OnThread<T>(Func<T> action)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        driver = Environment.CurrentManagedThreadId;
        try
        {
            T result = action();
            Assert.True(Volatile.Read(ref strays) == 0, "something of what runs on the simulated thread went on on another one");
            return result;
        }
        finally
        {
            driver = 0;
            SetSynchronizationContext(before);
        }
    }
}
