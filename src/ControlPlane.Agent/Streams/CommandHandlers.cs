using System.Net;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Streams;

/// <summary>Serves <c>kubectl exec</c>.</summary>
internal sealed class ExecHandler(IContainerRuntime runtime) : IStreamHandler
{
    public string Type => StreamTypes.Exec;

    public async Task<StreamService> PrepareAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        ExecOptions options = request.Exec ?? throw new StreamRefusedException(HttpStatusCode.BadRequest, "no command was sent");
        ICommandRuntime commands = CommandStreams.Of(runtime);
        ObservedContainer container = await CommandStreams.FindRunningAsync(runtime, request.PodUid, options.Container, cancellationToken);
        return (connection, token) => CommandStreams.ServeAsync(connection, () => commands.RunAsync(container.Id, options, connection, token), token);
    }
}

/// <summary>Serves <c>kubectl attach</c>.</summary>
internal sealed class AttachHandler(IContainerRuntime runtime) : IStreamHandler
{
    public string Type => StreamTypes.Attach;

    public async Task<StreamService> PrepareAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        AttachOptions options = request.Attach ?? throw new StreamRefusedException(HttpStatusCode.BadRequest, "nothing was said about what to attach to");
        ICommandRuntime commands = CommandStreams.Of(runtime);
        ObservedContainer container = await CommandStreams.FindRunningAsync(runtime, request.PodUid, options.Container, cancellationToken);
        return (connection, token) => CommandStreams.ServeAsync(connection, () => AttachAsync(commands, container.Id, options, connection, token), token);
    }

    private static async Task<CommandOutcome> AttachAsync(
        ICommandRuntime commands, string id, AttachOptions options, StreamConnection connection, CancellationToken cancellationToken)
    {
        await commands.AttachAsync(id, options, connection, cancellationToken);
        return new CommandOutcome();
    }
}

/// <summary>What <c>exec</c> and <c>attach</c> have in common.</summary>
internal static class CommandStreams
{
    public static ICommandRuntime Of(IContainerRuntime runtime) => runtime as ICommandRuntime
        ?? throw new StreamRefusedException(HttpStatusCode.BadRequest, $"the runtime {runtime.Name} runs no commands in its containers");

    /// <exception cref="StreamRefusedException">404, in the kubelet's words.</exception>
    public static async Task<ObservedContainer> FindRunningAsync(IContainerRuntime runtime, string podUid, string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<ObservedContainer> lives = await ContainerLives.OfAsync(runtime, podUid, name, cancellationToken);
        return lives.FirstOrDefault(life => life.Phase == ContainerPhase.Running)
            ?? throw new StreamRefusedException(HttpStatusCode.NotFound, $"container not found (\"{name}\")");
    }

    /// <summary>Says how it ended, after all that it has written, and leaves the closing to the replica, which may have to catch up.</summary>
    public static async Task ServeAsync(StreamConnection connection, Func<Task<CommandOutcome>> runAsync, CancellationToken cancellationToken)
    {
        CommandOutcome outcome = await OutcomeOfAsync(runAsync);
        await connection[StreamChannels.Stdout].EndAsync(cancellationToken);
        await connection[StreamChannels.Stderr].EndAsync(cancellationToken);
        await connection[StreamChannels.Error].WriteAsync(ResourceJson.SerializeToUtf8Bytes(outcome), cancellationToken);
        await connection[StreamChannels.Error].EndAsync(cancellationToken);
        await connection.Closed.WaitAsync(cancellationToken);
    }

    private static async Task<CommandOutcome> OutcomeOfAsync(Func<Task<CommandOutcome>> runAsync)
    {
        try
        {
            return await runAsync();
        }
        catch (Exception failure) when (failure is ContainerStartException or RuntimeUnavailableException)
        {
            return new CommandOutcome { Failure = failure.Message };
        }
    }
}
