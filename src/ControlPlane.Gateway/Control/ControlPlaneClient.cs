using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Control;

/// <summary>The gateway's two calls, with its node's own token.</summary>
internal sealed class ControlPlaneClient : IDisposable
{
    /// <summary>Routes are held for 30 s at the server; longer silence means the connection is dead.</summary>
    private static readonly TimeSpan RoutesTimeout = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);

    /// <summary>As much of a refusal as is worth a log line.</summary>
    private const int MaxReasonChars = 500;

    private readonly HttpClient http;
    private readonly GatewayOptions options;
    private readonly TimeProvider time;
    private readonly string nodePath;
    private volatile string? token;

    public ControlPlaneClient(GatewayOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        nodePath = $"gateway/v1/nodes/{Uri.EscapeDataString(options.NodeName)}";
        http = new HttpClient(CreateHandler(options))
        {
            BaseAddress = new Uri(options.Server, "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
    }

    /// <summary>The table when it is newer than <paramref name="after"/> or of another store; null when there is no news.</summary>
    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    public Task<RouteTable?> GetRoutesAsync(long after, string store, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"{nodePath}/routes?after={after}&store={Uri.EscapeDataString(store)}", body: null, ReadRoutesAsync, RoutesTimeout, cancellationToken);

    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    public async Task ReportAsync(GatewayReport report, CancellationToken cancellationToken)
    {
        ByteArrayContent body = new(ResourceJson.SerializeToUtf8Bytes(report));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await SendAsync(HttpMethod.Post, $"{nodePath}/report", body, static (_, _) => Task.FromResult(true), ReportTimeout, cancellationToken);
    }

    public void Dispose() => http.Dispose();

    private static async Task<RouteTable?> ReadRoutesAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.NoContent)
        {
            return null;
        }

        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync<RouteTable>(body, ResourceJson.Options, cancellationToken) ?? throw new JsonException("null is no table");
    }

    private async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using HttpRequestMessage request = new(method, path)
            {
                Content = body,
                Version = http.DefaultRequestVersion,
                VersionPolicy = http.DefaultVersionPolicy,
                Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token ??= await ReadTokenAsync(either.Token)) },
            };
            using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.IsSuccessStatusCode)
            {
                return await read(response, either.Token);
            }

            // The agent may have made its node a new token meanwhile.
            token = response.StatusCode is HttpStatusCode.Unauthorized ? null : token;
            string reason = await response.Content.ReadAsStringAsync(either.Token);
            throw new ControlPlaneException($"{(int)response.StatusCode} {reason[..Math.Min(reason.Length, MaxReasonChars)].Trim()}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ControlPlaneException($"no answer within {timeout.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException or UnauthorizedAccessException)
        {
            throw new ControlPlaneException(exception.Message, exception);
        }
    }

    private async Task<string> ReadTokenAsync(CancellationToken cancellationToken) => (await File.ReadAllTextAsync(options.TokenFile, cancellationToken)).Trim();

    private static SocketsHttpHandler CreateHandler(GatewayOptions options)
    {
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        };
        if (options.CaFile is not null)
        {
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(options.CaFile);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }
}

/// <summary>The control plane did not answer, or refused.</summary>
internal sealed class ControlPlaneException(string message, Exception? inner = null) : Exception(message, inner);
