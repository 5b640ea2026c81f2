using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Agents;

/// <summary><c>GET …/pods/{name}/log</c>: what a container has written, and with <c>follow</c> what it writes.</summary>
internal static class PodLogEndpoint
{
    public static async Task HandleAsync(HttpContext http, IMediator mediator)
    {
        IHostApplicationLifetime lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        StreamDialing dialing = http.RequestServices.GetRequiredService<StreamDialing>();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        ObjectKey key = new((string)http.Request.RouteValues["namespace"]!, (string)http.Request.RouteValues["name"]!);
        using PendingStream stream = await mediator.Send(new PodLog(key, ReadOptions(http.Request.Query)), ending.Token);
        AgentStream source = await dialing.ConnectAsync(stream, ending.Token);
        using CancellationTokenSource reading = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, source.BrokenOff);
        try
        {
            await ServeAsync(http, stream, source, reading.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client has gone or the server stops: a log ends where it is cut.
            return;
        }
        catch (Exception broken) when (broken is OperationCanceledException or IOException or BadHttpRequestException)
        {
            throw StatusError.ServiceUnavailable($"the agent of node {stream.Node} broke the log off");
        }
    }

    private static async Task ServeAsync(HttpContext http, PendingStream stream, AgentStream source, CancellationToken cancellationToken)
    {
        await AgentRefusal.ThrowIfRefusedAsync(stream, source, cancellationToken);

        http.Response.ContentType = "text/plain";
        await http.Response.StartAsync(cancellationToken);
        await CopyAsync(stream, source.Body, http.Response.BodyWriter, cancellationToken);
    }

    private static async Task CopyAsync(PendingStream stream, PipeReader source, PipeWriter target, CancellationToken cancellationToken)
    {
        await target.FlushAsync(cancellationToken);
        while (true)
        {
            ReadResult read = await source.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                target.Write(segment.Span);
            }

            source.AdvanceTo(read.Buffer.End);
            FlushResult flushed = await target.FlushAsync(cancellationToken);
            if (read.IsCompleted || flushed.IsCompleted)
            {
                stream.IsReadToEnd = read.IsCompleted;
                return;
            }
        }
    }

    private static LogOptions ReadOptions(IQueryCollection query)
    {
        QueryReader reader = new(query, "PodLogOptions");
        LogOptions options = new()
        {
            Container = reader.Text("container") ?? "",
            Follow = reader.Boolean("follow") ?? false,
            Previous = reader.Boolean("previous") ?? false,
            Timestamps = reader.Boolean("timestamps") ?? false,
            TailLines = AtLeast(reader, "tailLines", 0),
            SinceSeconds = AtLeast(reader, "sinceSeconds", 1),
            SinceTime = ReadTime(reader, "sinceTime"),
            LimitBytes = AtLeast(reader, "limitBytes", 1),
        };
        if (options is { SinceSeconds: not null, SinceTime: not null })
        {
            reader.Forbid("sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified");
        }

        reader.ThrowIfInvalid();
        return options;
    }

    private static long? AtLeast(QueryReader reader, string name, long least)
    {
        long? value = reader.Integer(name);
        if (value < least)
        {
            reader.Add(name, FieldErrorReason.Invalid, $"Invalid value: {value}: must be greater than or equal to {least}");
        }

        return value;
    }

    private static DateTimeOffset? ReadTime(QueryReader reader, string name)
    {
        if (reader.Text(name) is not { } text)
        {
            return null;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : throw StatusError.BadRequest($"{name}: Invalid value: \"{text}\": must be a time such as 2026-01-31T12:00:00Z");
    }
}
