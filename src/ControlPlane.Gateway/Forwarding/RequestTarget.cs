using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ControlPlane.Gateway.Forwarding;

/// <summary>What a request asks for, as its client wrote it. A path that was decoded and escaped anew may be another one: <c>%2F</c> is no separator, and <c>%25</c> no <c>%</c>.</summary>
internal static class RequestTarget
{
    /// <summary>The path and query are sent as they are: neither are dot segments taken out nor is an escape replaced by its character.</summary>
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Where a request goes at an endpoint.</summary>
    /// <param name="request">As it came.</param>
    /// <param name="prefix">The endpoint, such as <c>http://10.0.0.7:80</c>.</param>
    /// <returns>Null for a target without a path (RFC 9112, 3.2.3 and 3.2.4: an authority, or <c>*</c>), and for one that no request line may hold.</returns>
    public static Uri? At(HttpRequest request, string prefix)
    {
        string raw = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        return OriginForm(raw) is { } target && target.All(character => character is > ' ' and < '\x7f') ? new Uri(prefix + target, AsItIs) : null;
    }

    /// <summary>The path and query of a target, also of one in absolute form (RFC 9112, 3.2.1 and 3.2.2); null when it has none.</summary>
    public static string? OriginForm(string target)
    {
        if (target.StartsWith('/'))
        {
            return target;
        }

        int authority = target.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
        {
            return null;
        }

        string rest = target[(authority + "://".Length)..];
        int path = rest.AsSpan().IndexOfAny('/', '?');
        return path < 0 ? "/" : rest[path] == '/' ? rest[path..] : "/" + rest[path..];
    }
}
