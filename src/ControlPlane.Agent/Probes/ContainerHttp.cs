using System.Net.Http.Headers;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Probes;

/// <summary>Sends requests to containers for the node's own purposes: probes, and hooks.</summary>
/// <param name="userAgent">Who asks, as the container sees it.</param>
internal sealed class ContainerHttp(string userAgent) : IDisposable
{
#pragma warning disable CA5359 // Certificates are not verified over https: the kubelet's rule, for a container is asked by address.
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
#pragma warning restore CA5359

    /// <summary>The answer, when its headers have come; null when the port has a name that the container does not know.</summary>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    /// <exception cref="UriFormatException">The address is none.</exception>
    public async Task<HttpResponseMessage?> GetAsync(ProbeTarget target, HttpGetAction get, CancellationToken cancellationToken)
    {
        if (AddressOf(target, get.Host, get.Port) is not var (host, port))
        {
            return null;
        }

        bool isHttps = string.Equals(get.Scheme, "HTTPS", StringComparison.OrdinalIgnoreCase);
        string path = get.Path is { Length: > 0 } given ? given : "/";
        Uri url = new($"{(isHttps ? "https" : "http")}://{host}:{port}{(path[0] == '/' ? path : "/" + path)}");
        using HttpRequestMessage request = new(HttpMethod.Get, url);
        foreach (HttpHeader header in get.HttpHeaders)
        {
            // .NET takes headers that describe a body (Content-Type) with a body alone: this one is empty.
            if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        AddUnlessGiven(request.Headers, "User-Agent", $"{userAgent}/1");
        AddUnlessGiven(request.Headers, "Accept", "*/*");
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public static string NoPort(IntOrString port) => $"the container has no port '{port}'";

    public void Dispose() => http.Dispose();

    private static void AddUnlessGiven(HttpRequestHeaders headers, string name, string value)
    {
        if (!headers.Contains(name))
        {
            headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>Where the container is reached; null when the port has a name that the container does not know.</summary>
    public static (string Host, int Port)? AddressOf(ProbeTarget target, string? host, IntOrString port)
    {
        int number = port.Number;
        if (!port.IsNumber)
        {
            number = target.Container.Ports.FirstOrDefault(candidate => candidate.Name == port.Text)?.Number
                ?? (int.TryParse(port.Text, out int written) ? written : 0);
        }

        if (number is < 1 or > 65_535)
        {
            return null;
        }

        return string.IsNullOrEmpty(host) ? target.Running.Reach(number, target.NodeAddress) : (host, number);
    }
}
