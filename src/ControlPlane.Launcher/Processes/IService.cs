namespace ControlPlane.Launcher.Processes;

/// <summary>One life of something that is supervised.</summary>
internal interface IService
{
    /// <summary>Completes with the exit code when it has ended, for whatever reason. 128 + N: by signal N.</summary>
    Task<int> Completion { get; }

    /// <summary>Stops it and returns when it has ended.</summary>
    /// <param name="hurry">Cancelled when nobody wants to wait for an orderly end any longer.</param>
    Task StopAsync(CancellationToken hurry);
}
