namespace ControlPlane.Simulation.Replicas;

/// <summary>Waits of requests that are held at a replica.</summary>
internal static class Holding
{
    /// <summary>Returns at a change, or when the time is up: both on the simulated thread, which <see cref="Task.WhenAny(Task, Task)"/> on others' tasks would leave.</summary>
    public static async Task UntilAsync(Task change, TimeSpan atMost, TimeProvider time)
    {
        TaskCompletionSource wake = new();
        await using ITimer timer = time.CreateTimer(_ => wake.TrySetResult(), null, atMost, Timeout.InfiniteTimeSpan);
        Task following = WakeAsync(change, wake);
        await wake.Task;
        _ = following.Exception;
    }

    private static async Task WakeAsync(Task change, TaskCompletionSource wake)
    {
        await change;
        wake.TrySetResult();
    }
}
