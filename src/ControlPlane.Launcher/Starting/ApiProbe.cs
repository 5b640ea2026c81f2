using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace ControlPlane.Launcher.Starting;

/// <summary>Asks the API, as a client would, whether it serves and which nodes are ready.</summary>
internal sealed class ApiProbe : IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private readonly HttpClient client;
    private readonly X509Certificate2 authority;

    private ApiProbe(HttpClient client, X509Certificate2 authority)
    {
        this.client = client;
        this.authority = authority;
    }

    /// <summary>Null when the API serves over plain HTTP on loopback; else why not yet.</summary>
    public static async Task<string?> WhyNotServingAsync(int httpPort, CancellationToken cancellationToken)
    {
        using SocketsHttpHandler handler = new() { UseProxy = false };
        using HttpClient plain = new(handler) { Timeout = AnswerTimeout };
        try
        {
            using HttpResponseMessage answer = await plain.GetAsync(new Uri($"http://127.0.0.1:{httpPort}/readyz"), cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK ? null : (await answer.Content.ReadAsStringAsync(cancellationToken)).Trim();
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {AnswerTimeout.TotalSeconds:0} s";
        }
    }

    /// <summary>Over HTTPS, with the authority and the token that the API has written.</summary>
    public static async Task<ApiProbe> OpenAsync(DataFolder data, int httpsPort, CancellationToken cancellationToken)
    {
        X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(data.Authority);
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = policy;
        HttpClient client = new(handler) { BaseAddress = new Uri($"https://127.0.0.1:{httpsPort}"), Timeout = AnswerTimeout };
        string token = (await File.ReadAllTextAsync(data.AdminToken, cancellationToken)).Trim();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new ApiProbe(client, authority);
    }

    /// <summary>Null when these nodes are all ready; else which are not.</summary>
    public async Task<string?> WhyNotReadyAsync(IReadOnlyCollection<string> nodes, CancellationToken cancellationToken)
    {
        try
        {
            using Stream stream = await client.GetStreamAsync(new Uri("/api/v1/nodes", UriKind.Relative), cancellationToken);
            using JsonDocument list = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            HashSet<string> ready = [.. list.RootElement.GetProperty("items").EnumerateArray().Where(IsReady).Select(NameOf)];
            string[] missing = [.. nodes.Where(node => !ready.Contains(node))];
            return missing.Length == 0 ? null : $"not ready: {string.Join(", ", missing)}";
        }
        catch (HttpRequestException error)
        {
            return error.Message;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {AnswerTimeout.TotalSeconds:0} s";
        }
    }

    public void Dispose()
    {
        client.Dispose();
        authority.Dispose();
    }

    private static string NameOf(JsonElement node) => node.GetProperty("metadata").GetProperty("name").GetString() ?? "";

    private static bool IsReady(JsonElement node) =>
        node.TryGetProperty("status", out JsonElement status)
        && status.TryGetProperty("conditions", out JsonElement conditions)
        && conditions.EnumerateArray().Any(condition =>
            condition.GetProperty("type").GetString() == "Ready" && condition.GetProperty("status").GetString() == "True");
}
