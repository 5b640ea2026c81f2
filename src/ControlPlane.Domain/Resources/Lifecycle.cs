namespace ControlPlane.Domain.Resources;

/// <summary>What to do after the start and before the stop.</summary>
public sealed record Lifecycle
{
    /// <summary>Done right after the start; when it fails, the container is stopped.</summary>
    public LifecycleHandler? PostStart { get; init; }

    /// <summary>Done before SIGTERM, within the grace period.</summary>
    public LifecycleHandler? PreStop { get; init; }

    public string? StopSignal { get; init; }
}

/// <summary>What a hook does; one of exec, httpGet, sleep is set.</summary>
public sealed record LifecycleHandler
{
    /// <summary>Run a command in the container.</summary>
    public ExecAction? Exec { get; init; }

    /// <summary>Make an HTTP request; any answer is success.</summary>
    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    /// <summary>Wait.</summary>
    public SleepAction? Sleep { get; init; }
}

/// <summary>A wait.</summary>
public sealed record SleepAction
{
    /// <summary>How long, at most the grace period.</summary>
    public long Seconds { get; init; }
}
