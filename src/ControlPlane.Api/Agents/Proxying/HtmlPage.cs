using System.IO.Compression;
using System.Net;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>A pod's answer that is a page with links.</summary>
internal static class HtmlPage
{
    /// <summary>Whether an answer is a whole page in an encoding that can be read (Kubernetes: apimachinery, util/proxy, rewriteResponse). What is compressed in another way comes as the pod sent it.</summary>
    public static bool In(HttpResponseMessage answer) =>
        answer.StatusCode is not (HttpStatusCode.PartialContent or HttpStatusCode.NotModified or HttpStatusCode.SwitchingProtocols)
        && answer.RequestMessage?.Method != HttpMethod.Head
        && string.Equals(answer.Content.Headers.ContentType?.MediaType, "text/html", StringComparison.OrdinalIgnoreCase)
        && answer.Content.Headers.ContentType?.CharSet?.StartsWith("utf-16", StringComparison.OrdinalIgnoreCase) != true
        && answer.Content.Headers.ContentEncoding.ToArray() is [] or ["gzip"] or ["br"];

    /// <summary>Puts the page with other links in its place. It is sent uncompressed and without a length, which is not known before its end.</summary>
    public static async Task RewriteAsync(HttpContext http, HttpResponseMessage answer, Func<string, string> rewrite, CancellationToken cancellationToken)
    {
        Stream sent = await answer.Content.ReadAsStreamAsync(cancellationToken);
        Stream page = answer.Content.Headers.ContentEncoding.SingleOrDefault() switch
        {
            "gzip" => new GZipStream(sent, CompressionMode.Decompress),
            "br" => new BrotliStream(sent, CompressionMode.Decompress),
            _ => sent,
        };
        answer.Content = new StreamContent(new RewrittenHtml(page, rewrite));
        http.Response.ContentLength = null;
        http.Response.Headers.ContentEncoding = default;
    }
}
