namespace ControlPlane.Gateway.Hosting;

/// <summary>Whether a successor has taken the listening sockets over.</summary>
internal sealed class DrainState : IDisposable
{
    private readonly CancellationTokenSource begun = new();

    public bool IsDraining => begun.IsCancellationRequested;

    /// <summary>Is cancelled when it has.</summary>
    public CancellationToken Begun => begun.Token;

    public void Begin() => begun.Cancel();

    public void Dispose() => begun.Dispose();
}
