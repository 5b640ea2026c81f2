using Microsoft.AspNetCore.Http.Features;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>A proxied request's path: what of it is the API's, and what the pod's, escaped as the client sent it.</summary>
/// <param name="Base">The path of the <c>proxy</c> subresource, without a slash at its end.</param>
/// <param name="Rest">What follows, with the slash before it and without the query; empty when the path ends with the subresource.</param>
internal sealed record ProxiedPath(string Base, string Rest)
{
    /// <summary><c>/api/v1/namespaces/{namespace}/pods/{name}/proxy</c> has as many segments, and the empty one before the first slash.</summary>
    private const int BaseSegments = 8;

    public static ProxiedPath Of(HttpRequest request)
    {
        // The target in absolute form (RFC 9112, 3.2.2) has no slash in front.
        string target = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is ['/', ..] raw ? raw : request.Path.ToUriComponent();
        string path = target.Split('?', '#')[0];
        int end = -1;
        for (int segment = 0; segment < BaseSegments; segment++)
        {
            end = path.IndexOf('/', end + 1);
            if (end < 0)
            {
                return new ProxiedPath(path, "");
            }
        }

        return new ProxiedPath(path[..end], path[end..]);
    }
}
