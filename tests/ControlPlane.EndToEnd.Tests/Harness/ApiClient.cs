using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>An answer of the API.</summary>
internal sealed record Answer(int Code, string Text)
{
    public JsonNode Json => JsonNode.Parse(Text)!;
}

/// <summary>What <c>curl --cacert ca.crt -H "Authorization: Bearer …"</c> is at a terminal.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient client;
    private readonly X509Certificate2 authority;

    public ApiClient(Product product, string? token = null)
        : this(product.DataFolder, new Uri(product.Server), token)
    {
    }

    /// <param name="dataFolder">The folder of the certificate authority and the administrator's token.</param>
    /// <param name="server">The replica's address.</param>
    /// <param name="token">Another token than the administrator's; empty for none.</param>
    public ApiClient(string dataFolder, Uri server, string? token = null)
    {
        authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(dataFolder, "ca.crt"));
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = policy;
        client = new HttpClient(handler) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(30) };
        token ??= File.ReadAllText(Path.Combine(dataFolder, "admin.token")).Trim();
        if (token.Length > 0)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    public async Task<Answer> SendAsync(HttpMethod method, string path, string? body = null, string mediaType = "application/json", string? accept = null)
    {
        using HttpRequestMessage request = new(method, path);
        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, mediaType);
        // Like curl: a large body is sent once the server has said that it wants it, so that its refusal can be read.
        request.Headers.ExpectContinue = body?.Length > 1 << 20;
        using HttpResponseMessage response = await client.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>An object or a list that must be there.</summary>
    public async Task<JsonNode> GetAsync(string path)
    {
        Answer answer = await SendAsync(HttpMethod.Get, path);
        return answer.Code == 200 ? answer.Json : throw new HttpRequestException($"GET {path}: {answer.Code} {answer.Text}");
    }

    /// <summary>The objects of a list.</summary>
    public async Task<IReadOnlyList<JsonNode>> ListAsync(string path) => [.. (await GetAsync(path))["items"]!.AsArray().Select(item => item!)];

    /// <summary>Where a Deployment's rollout stands once it is over, however long the machine takes for it: as a script does, it waits again while it is under way.</summary>
    /// <param name="deployment">The Deployment's path.</param>
    public async Task<JsonNode> OutcomeAsync(string deployment)
    {
        long begun = Stopwatch.GetTimestamp();
        JsonNode view;
        do
        {
            view = await GetAsync(deployment + "/rollout?wait=10s");
        }
        while ((string)view["phase"]! is not ("Complete" or "RolledBack" or "Failed") && Stopwatch.GetElapsedTime(begun) < Deployments.RolloutMax);
        return view;
    }

    /// <summary>The events of a watch as they come, until cancelled.</summary>
    public async IAsyncEnumerable<(string Type, JsonNode Object)> WatchAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "watch=true");
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await ReadAsync(reader, cancellationToken) is { } line)
        {
            JsonNode notice = JsonNode.Parse(line)!;
            yield return (notice["type"]!.GetValue<string>(), notice["object"]!);
        }
    }

    public void Dispose()
    {
        client.Dispose();
        authority.Dispose();
    }

    private static async Task<string?> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}

/// <summary>Reads of the objects that the tests look at.</summary>
internal static class Objects
{
    public static string Name(this JsonNode resource) => resource["metadata"]!["name"]!.GetValue<string>();

    public static string Uid(this JsonNode resource) => resource["metadata"]!["uid"]!.GetValue<string>();

    public static bool IsDeleting(this JsonNode resource) => resource["metadata"]!["deletionTimestamp"] is not null;

    public static bool IsTrue(this JsonNode resource, string condition) =>
        resource["status"]?["conditions"]?.AsArray().Any(one => one!["type"]!.GetValue<string>() == condition && one["status"]!.GetValue<string>() == "True") ?? false;

    public static bool IsReady(this JsonNode resource) => !resource.IsDeleting() && resource.IsTrue("Ready");

    public static long Number(this JsonNode? value) => value is null ? 0 : value.GetValue<JsonElement>().GetInt64();

    public static int Restarts(this JsonNode pod) =>
        pod["status"]?["containerStatuses"]?.AsArray().Sum(status => (int)status!["restartCount"].Number()) ?? 0;
}
