using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ControlPlane.Gateway.Forwarding;

/// <summary>Whether an answer that came whole is a failure of the pod: a 5xx, or what gRPC says in its place.</summary>
internal static class AnswerOutcome
{
    private const string Grpc = "application/grpc";
    private const string GrpcWeb = "application/grpc-web";
    private const string GrpcStatus = "grpc-status";

    private const int Ok = 0;
    private const int Unauthenticated = 16;

    /// <summary>
    /// gRPC answers with 200 and says how a call went in <c>grpc-status</c>: behind the messages, or, without any, among the headers (gRPC over HTTP2, Responses). One without a status, and one that
    /// is no known code, is UNKNOWN to the client (the same, and "Status codes and their use in gRPC").
    /// </summary>
    /// <param name="response">After its end, its trailers copied.</param>
    public static bool HasFailed(HttpResponse response)
    {
        if (response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            return true;
        }

        return response.StatusCode == StatusCodes.Status200OK && IsOf(response, Grpc) && (StatusOf(response) is { } status ? IsServerFault(status) : !IsOf(response, GrpcWeb));
    }

    /// <summary>
    /// The codes that HTTP has a 5xx for (googleapis, google/rpc/code.proto; Envoy judges calls by the same mapping): UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS.
    /// Linkerd takes the same ones but UNIMPLEMENTED, which is how a version shows that it has lost a method. RESOURCE_EXHAUSTED is a 429 and, as that is, no failure; the others are the caller's.
    /// </summary>
    private static bool IsServerFault(int status) => status is 2 or 4 or 12 or 13 or 14 or 15 or < Ok or > Unauthenticated;

    /// <summary>Null where there is none; a web client's stands at the end of the body, which nobody reads here.</summary>
    private static int? StatusOf(HttpResponse response)
    {
        string? text = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[GrpcStatus].LastOrDefault() ?? response.Headers[GrpcStatus].LastOrDefault();
        return text is null ? null : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int status) ? status : -1;
    }

    /// <summary><c>application/grpc</c>, also as <c>application/grpc+proto</c>, <c>application/grpc-web</c> and with parameters.</summary>
    private static bool IsOf(HttpResponse response, string type) => response.ContentType?.StartsWith(type, StringComparison.OrdinalIgnoreCase) == true;
}
