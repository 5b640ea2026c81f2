using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Agents.Streams;

/// <summary>A command to run in a container (Kubernetes: PodExecOptions).</summary>
public sealed record ExecOptions
{
    public string Container { get; init; } = "";

    /// <summary>The program and its arguments; no shell.</summary>
    public ValueList<string> Command { get; init; }

    public bool Stdin { get; init; }

    public bool Stdout { get; init; }

    /// <summary>Never with a terminal, which has one output.</summary>
    public bool Stderr { get; init; }

    public bool Tty { get; init; }
}

/// <summary>A container's own process to listen and speak to (Kubernetes: PodAttachOptions).</summary>
public sealed record AttachOptions
{
    public string Container { get; init; } = "";

    public bool Stdin { get; init; }

    public bool Stdout { get; init; }

    public bool Stderr { get; init; }

    public bool Tty { get; init; }
}

/// <summary>One connection to a port of a pod.</summary>
/// <param name="Port">The port, as the pod has it.</param>
public sealed record PortForwardOptions(int Port);

/// <summary>How a command ended, or an attachment: what the agent says last, on <see cref="StreamChannels.Error"/>.</summary>
public sealed record CommandOutcome
{
    /// <summary>The command's exit code; null when it did not run to its end.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why it did not.</summary>
    public string? Failure { get; init; }
}

/// <summary>The size of a terminal, in characters, in the names that Kubernetes' clients send.</summary>
public sealed record TerminalSize(ushort Width, ushort Height);
