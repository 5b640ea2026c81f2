using System.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>
/// What is changed on a proxied request's way: the pod gets neither the API's credentials nor its paths, is told in headers where the client is (X-Forwarded-*), and redirects and links of its to paths of its own
/// lead back through the proxy (Kubernetes: apimachinery, util/proxy, Transport).
/// </summary>
internal sealed class ProxyTransformer(ProxiedPath path, Uri target) : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = target;
        HttpRequestHeaders headers = proxyRequest.Headers;
        headers.Authorization = null;
        Set(headers, "X-Forwarded-Host", httpContext.Request.Host.Value ?? "");
        Set(headers, "X-Forwarded-Proto", httpContext.Request.Scheme);
        Set(headers, "X-Forwarded-Uri", path.Base + path.Rest);
        if (httpContext.Connection.RemoteIpAddress is { } client)
        {
            headers.TryAddWithoutValidation("X-Forwarded-For", (client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client).ToString());
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        bool isCopied = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        string host = httpContext.Request.Host.Value ?? "";
        if (proxyResponse?.Headers.Location is { } location)
        {
            httpContext.Response.Headers.Location = Redirected(location.OriginalString, host);
        }
        else if (proxyResponse is not null && HtmlPage.In(proxyResponse))
        {
            await HtmlPage.RewriteAsync(httpContext, proxyResponse, link => Redirected(link, host), cancellationToken);
        }

        return isCopied;
    }

    /// <summary>
    /// Where a redirect or a link leads for the client. <c>/login</c> is <c>…/proxy/login</c>; so is <c>http://HOST/login</c> with the host that the pod was asked as; <c>login</c>, and what is elsewhere, stay as they are.
    /// </summary>
    internal string Redirected(string location, string host)
    {
        string rest = PathOf(location, host);
        return rest is not ['/', ..] || rest.StartsWith("//", StringComparison.Ordinal) || rest == path.Base || rest.StartsWith(path.Base + "/", StringComparison.Ordinal) ? rest : path.Base + rest;
    }

    /// <summary>The path of an address of the pod's, with what follows it; any other as it is.</summary>
    private string PathOf(string location, string host)
    {
        int authority = location.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http://".Length
            : location.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https://".Length
            : location.Length;
        if (authority == location.Length)
        {
            // A path, a link within its folder, or no link to a page at all (mailto:).
            return location;
        }

        int end = location.AsSpan(authority).IndexOfAny("/?#") is >= 0 and var length ? authority + length : location.Length;
        if (!Uri.TryCreate(location[..end], UriKind.Absolute, out Uri? named) || (named.Authority != host && named.Authority != target.Authority))
        {
            return location;
        }

        return end < location.Length && location[end] == '/' ? location[end..] : "/" + location[end..];
    }

    private static void Set(HttpRequestHeaders headers, string name, string value)
    {
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, value);
    }
}
