using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Docker.DotNet;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>Turns what the client library throws into what it means: the engine is away, or it refuses.</summary>
internal static class DockerCall
{
    /// <summary>For calls that the engine answers at once; an engine that hangs is away.</summary>
    public static readonly TimeSpan QuickTimeout = TimeSpan.FromSeconds(15);

    /// <exception cref="RuntimeUnavailableException">The engine does not answer, or has failed.</exception>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(QuickTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeUnavailableException($"Docker Engine did not answer within {QuickTimeout.TotalSeconds:0} s");
        }
        catch (Exception exception) when (IsAway(exception))
        {
            throw new RuntimeUnavailableException(Reason(exception), exception);
        }
    }

    /// <summary>True when the engine cannot be reached or is not itself; false when it answered no.</summary>
    public static bool IsAway(Exception exception) =>
        exception is HttpRequestException or IOException or SocketException or TimeoutException
        || exception is DockerApiException { StatusCode: HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway };

    /// <summary>What the engine said, without the library's wrapping.</summary>
    public static string Reason(Exception exception)
    {
        if (exception is not DockerApiException { ResponseBody: { Length: > 0 } body })
        {
            return exception.Message;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty("message", out JsonElement message) ? message.GetString() ?? body : body;
        }
        catch (JsonException)
        {
            return body.Trim();
        }
    }
}
