using System.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>
/// What is changed on a proxied request's way: the pod gets neither the API's credentials nor its paths, is told in headers where the client is (X-Forwarded-*), and a redirect of its to a path of its own
/// leads back through the proxy (Kubernetes: apimachinery, util/proxy, Transport).
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
        if (proxyResponse?.Headers.Location is { } location)
        {
            httpContext.Response.Headers.Location = Redirected(location.OriginalString, httpContext.Request.Host.Value ?? "");
        }

        return isCopied;
    }

    /// <summary>
    /// Where a redirect leads for the client. <c>/login</c> is <c>…/proxy/login</c>; so is <c>http://HOST/login</c> with the host that the pod was asked as; <c>login</c>, and what is elsewhere, stay as they are.
    /// </summary>
    internal string Redirected(string location, string host)
    {
        string rest = location;
        if (Uri.TryCreate(location, UriKind.Absolute, out Uri? absolute) && absolute.Scheme is "http" or "https")
        {
            if (absolute.Authority != host && absolute.Authority != target.Authority)
            {
                return location;
            }

            rest = absolute.PathAndQuery + absolute.Fragment;
        }

        return rest is not ['/', ..] || rest.StartsWith("//", StringComparison.Ordinal) || rest == path.Base || rest.StartsWith(path.Base + "/", StringComparison.Ordinal) ? rest : path.Base + rest;
    }

    private static void Set(HttpRequestHeaders headers, string name, string value)
    {
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, value);
    }
}
