using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Agents.Commands;

/// <summary><c>GET</c> and <c>POST …/pods/{name}/exec</c> and <c>…/attach</c>. What can be refused is refused before the connection is upgraded.</summary>
internal static class PodCommandEndpoints
{
    /// <summary>Bytes of a command with its arguments, which are kept in a row while the agent is waited for.</summary>
    private const int CommandCharsMax = 64 * 1024;

    public static Task ExecAsync(HttpContext http, IMediator mediator)
    {
        ExecOptions options = ReadExecOptions(http.Request.Query);
        return ServeAsync(http, cancellationToken => mediator.Send(new ExecInPod(KeyOf(http), options, ContextOf(http)), cancellationToken));
    }

    public static Task AttachAsync(HttpContext http, IMediator mediator)
    {
        AttachOptions options = ReadAttachOptions(http.Request.Query);
        return ServeAsync(http, cancellationToken => mediator.Send(new AttachToPod(KeyOf(http), options, ContextOf(http)), cancellationToken));
    }

    private static async Task ServeAsync(HttpContext http, Func<CancellationToken, Task<PendingStream>> openAsync)
    {
        IHostApplicationLifetime lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        StreamDialing dialing = http.RequestServices.GetRequiredService<StreamDialing>();
        CommandSessions sessions = http.RequestServices.GetRequiredService<CommandSessions>();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        using PendingStream stream = await openAsync(ending.Token);

        // Only now, so that a client that tries one way after the other hears what is wrong with its request whichever it tries last.
        CommandTransport transport = CommandTransport.For(http);
        AgentStream source = await dialing.ConnectAsync(stream, ending.Token);
        await AgentRefusal.ThrowIfRefusedAsync(stream, source, ending.Token);
        StreamConnection agent = source.Connection ?? throw StatusError.InternalError($"the agent of node {stream.Node} sent a log for a command");
        await using ICommandClient client = await transport.AcceptAsync(http, stream.Request);
        await sessions.RunAsync(client, agent, stream.Node, ending.Token);
    }

    private static ExecOptions ReadExecOptions(IQueryCollection query)
    {
        QueryReader reader = new(query, "PodExecOptions");
        bool tty = reader.Boolean("tty") ?? false;
        ExecOptions options = new()
        {
            Container = reader.Text("container") ?? "",
            Command = [.. query["command"].Select(word => word ?? "")],
            Stdin = reader.Boolean("stdin") ?? false,
            Stdout = reader.Boolean("stdout") ?? false,
            Stderr = !tty && (reader.Boolean("stderr") ?? false),
            Tty = tty,
        };
        return options.Command.IsEmpty || options.Command[0].Length == 0 ? throw StatusError.BadRequest("you must specify at least one command for the container")
            : options.Command.Sum(word => word.Length) > CommandCharsMax ? throw StatusError.BadRequest($"the command is longer than {CommandCharsMax} characters")
            : options is { Stdin: false, Stdout: false, Stderr: false } ? throw NothingToStream()
            : options;
    }

    private static AttachOptions ReadAttachOptions(IQueryCollection query)
    {
        QueryReader reader = new(query, "PodAttachOptions");
        AttachOptions options = new()
        {
            Container = reader.Text("container") ?? "",
            Stdin = reader.Boolean("stdin") ?? false,
            Stdout = reader.Boolean("stdout") ?? false,
            Stderr = reader.Boolean("stderr") ?? false,
            Tty = reader.Boolean("tty") ?? false,
        };
        return options is { Stdin: false, Stdout: false, Stderr: false } ? throw NothingToStream() : options;
    }

    /// <summary>In the kubelet's words.</summary>
    private static ApiException NothingToStream() => StatusError.BadRequest("you must specify at least 1 of stdin, stdout, stderr");

    private static ObjectKey KeyOf(HttpContext http) => new((string)http.Request.RouteValues["namespace"]!, (string)http.Request.RouteValues["name"]!);

    private static WriteContext ContextOf(HttpContext http) => new(TokenAuthentication.ActorOf(http)) { UserAgent = http.Request.Headers.UserAgent.ToString() };
}
