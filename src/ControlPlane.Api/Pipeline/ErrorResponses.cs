using System.Globalization;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Pipeline;

/// <summary>The outermost middleware: whatever goes wrong is answered with a <see cref="Status"/>.</summary>
internal sealed partial class ErrorResponses(RequestDelegate next, ILogger<ErrorResponses> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody is there to be answered.
            return;
        }
        catch (Exception failure)
        {
            await AnswerAsync(http, failure);
            return;
        }

        if (!http.Response.HasStarted && http.Response.ContentType is null && EmptyAnswer(http.Response.StatusCode) is { } error)
        {
            await WriteAsync(http, error.Status);
        }
    }

    /// <summary>Writes a <see cref="Status"/> with its own code, in the format that the client prefers.</summary>
    public static async Task WriteAsync(HttpContext http, Status status)
    {
        BodyFormat format = Negotiation.FormatOfStatusFor(http.Request);
        byte[] body = Notation.For(http, ResourceJson.SerializeToUtf8Bytes(status), format);
        http.Response.StatusCode = status.Code;
        http.Response.ContentType = MediaTypes.Of(format);
        http.Response.ContentLength = body.Length;
        if (status.Details?.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
    }

    private async Task AnswerAsync(HttpContext http, Exception failure)
    {
        ApiException answer = AnswerTo(failure);
        if (answer.Status.Code == StatusCodes.Status500InternalServerError)
        {
            LogFailed(logger, failure, http.Request.Method, http.Request.Path);
        }

        if (http.Response.HasStarted)
        {
            // Part of another answer is sent: a broken connection is the only way left to say that it is not whole.
            LogCutOff(logger, http.Request.Method, http.Request.Path, answer.Status.Message ?? "");
            http.Abort();
            return;
        }

        http.Response.Clear();
        await WriteAsync(http, answer.Status);
    }

    private static ApiException AnswerTo(Exception failure) => failure switch
    {
        ApiException api => api,
        StoreUnavailableException unavailable => StoreErrors.For(unavailable),
        CommitOutcomeUnknownException unknown => StoreErrors.For(unknown),
        CommitRefusedException refused => StoreErrors.For(refused.Refused),
        BadHttpRequestException bad => StatusError.BadRequest(bad.Message),
        _ => StatusError.InternalError("the request failed in a way that is our fault; the server's log says more", failure),
    };

    /// <summary>The words for an answer that the framework gave without any.</summary>
    private static ApiException? EmptyAnswer(int code) => code switch
    {
        StatusCodes.Status404NotFound => StatusError.UnknownPath(),
        StatusCodes.Status405MethodNotAllowed => StatusError.MethodNotAllowed(),
        StatusCodes.Status400BadRequest => StatusError.BadRequest("the request is malformed"),
        StatusCodes.Status415UnsupportedMediaType => StatusError.UnsupportedMediaType(MediaTypes.Json, MediaTypes.Yaml),
        _ => null,
    };

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception failure, string method, string path);

    [LoggerMessage(2, LogLevel.Warning, "{Method} {Path} was cut off: {Reason}")]
    private static partial void LogCutOff(ILogger logger, string method, string path, string reason);
}
