namespace ControlPlane.Gateway.Hosting;

/// <summary>Whether a successor has taken the listening sockets over.</summary>
internal sealed class DrainState
{
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsDraining => begun.Task.IsCompleted;

    public Task Begun => begun.Task;

    public void Begin() => begun.TrySetResult();
}
