using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Agent.Runtimes;

/// <summary>A runtime whose containers a person can run commands in and listen to.</summary>
internal interface ICommandRuntime
{
    /// <summary>
    /// Runs a command in a container, with its input and outputs on a stream's channels; returns when it has ended and all its output was handed on. The caller ends the channels. Cancelled, the client has gone:
    /// the command loses its input, its outputs and its terminal.
    /// </summary>
    /// <exception cref="ContainerStartException">The command could not be started; the message says why.</exception>
    /// <exception cref="RuntimeUnavailableException">The runtime does not answer.</exception>
    Task<CommandOutcome> RunAsync(string id, ExecOptions options, StreamConnection peer, CancellationToken cancellationToken);

    /// <summary>Hands on what a container's own process writes from now on, until it ends.</summary>
    /// <exception cref="RuntimeUnavailableException">The runtime does not answer.</exception>
    Task AttachAsync(string id, AttachOptions options, StreamConnection peer, CancellationToken cancellationToken);
}
