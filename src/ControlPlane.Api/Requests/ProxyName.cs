using ControlPlane.Api.Wire;

namespace ControlPlane.Api.Requests;

/// <summary>What a proxied request is for, as the path says it: <c>name</c>, <c>name:port</c> or <c>scheme:name:port</c> (Kubernetes: SplitSchemeNamePort).</summary>
/// <param name="Scheme">http or https; http where it is not said.</param>
/// <param name="Name">The name of the pod or the Service.</param>
/// <param name="Port">A number or a name; empty where it is not said.</param>
internal sealed record ProxyName(string Scheme, string Name, string Port)
{
    /// <summary>The parts of a name.</summary>
    /// <param name="text">The name in the path.</param>
    /// <param name="kind">The word for what it names: pod or service.</param>
    /// <exception cref="ApiException">400: it has none of the forms.</exception>
    public static ProxyName Parse(string text, string kind)
    {
        ProxyName? read = text.Split(':') switch
        {
            [{ Length: > 0 } name] => new(Uri.UriSchemeHttp, name, ""),
            [{ Length: > 0 } name, var port] => new(Uri.UriSchemeHttp, name, port),
            ["", { Length: > 0 } name, var port] => new(Uri.UriSchemeHttp, name, port),
            ["http" or "https", { Length: > 0 } name, var port] parts => new(parts[0], name, port),
            _ => null,
        };
        return read ?? throw StatusError.BadRequest($"invalid {kind} request \"{text}\"");
    }
}
