using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ControlPlane.Bench.Rigs;

/// <summary>What a user of the API does, over plain HTTP on loopback.</summary>
internal sealed class Client(int port, string tokenFile) : IDisposable
{
    public const string Deployments = "/apis/apps/v1/namespaces/default/deployments";

    public const string Pods = "/api/v1/namespaces/default/pods";

    private static readonly TimeSpan RewatchDelay = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public Uri Address(string path) => new(http.BaseAddress!, path);

    /// <summary>The bearer token of the user <c>admin</c>.</summary>
    public string Token => File.ReadAllText(tokenFile).Trim();

    public async Task<bool> IsServingAsync(CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                return false;
            }
        }
        catch (HttpRequestException)
        {
            return false;
        }

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return true;
    }

    public async Task<int> ReadyNodesAsync(CancellationToken cancellationToken)
    {
        using JsonDocument list = JsonDocument.Parse(await GetAsync("/api/v1/nodes", cancellationToken));
        return list.RootElement.GetProperty("items").EnumerateArray().Count(IsReady);
    }

    /// <exception cref="BenchException">It was refused.</exception>
    public async Task<byte[]> GetAsync(string path, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        return await SendAsync(request, cancellationToken);
    }

    /// <exception cref="BenchException">It was refused.</exception>
    public async Task<byte[]> SendAsync(HttpMethod method, string path, string body, string mediaType, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, path) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Follows one Deployment's state from now until it is as wanted, through as many watches as that takes.</summary>
    public Task WaitForDeploymentAsync(string name, Func<JsonElement, bool> isSo, CancellationToken cancellationToken) =>
        WaitAsync($"{Deployments}?watch=1&fieldSelector=metadata.name%3D{name}", 1, isSo, cancellationToken);

    /// <summary>Follows all Deployments until so many are as wanted, all seen by one watch.</summary>
    public Task WaitForDeploymentsAsync(int count, Func<JsonElement, bool> isSo, CancellationToken cancellationToken) =>
        WaitAsync($"{Deployments}?watch=1", count, isSo, cancellationToken);

    /// <summary>The number of pods there are, without reading them all.</summary>
    public async Task<long> CountPodsAsync(CancellationToken cancellationToken)
    {
        using JsonDocument page = JsonDocument.Parse(await GetAsync($"{Pods}?limit=1", cancellationToken));
        JsonElement list = page.RootElement.GetProperty("metadata");
        long rest = list.TryGetProperty("remainingItemCount", out JsonElement remaining) ? remaining.GetInt64() : 0;
        return page.RootElement.GetProperty("items").GetArrayLength() + rest;
    }

    /// <summary>The pods' nodes, one for each pod; those without one left out.</summary>
    public async Task<IReadOnlyList<string>> NodesOfPodsAsync(CancellationToken cancellationToken)
    {
        using JsonDocument list = JsonDocument.Parse(await GetAsync(Pods, cancellationToken));
        return
        [
            .. list.RootElement.GetProperty("items").EnumerateArray()
                .Select(pod => pod.GetProperty("spec").TryGetProperty("nodeName", out JsonElement node) ? node.GetString() : null)
                .OfType<string>(),
        ];
    }

    public void Dispose() => http.Dispose();

    /// <summary>Shows each object that a watch names, as it is then, until it is cancelled.</summary>
    /// <exception cref="BenchException">The watch was refused, or has ended by itself.</exception>
    public async Task FollowAsync(string path, Action<JsonElement> show, CancellationToken cancellationToken)
    {
        bool ShowAndGoOn(JsonElement item)
        {
            show(item);
            return false;
        }

        await WatchAsync(path, ShowAndGoOn, cancellationToken);
        throw new BenchException($"the watch {path} ended");
    }

    private async Task WaitAsync(string path, int count, Func<JsonElement, bool> isSo, CancellationToken cancellationToken)
    {
        HashSet<string> asWanted = new(StringComparer.Ordinal);
        bool IsLast(JsonElement item) => isSo(item) && asWanted.Add(item.GetProperty("metadata").GetProperty("name").GetString()!) && asWanted.Count == count;
        while (!await WatchAsync(path, IsLast, cancellationToken))
        {
            // A watch may end at any time, in order (a replica gives back what it cannot keep up to date); a client begins another, which shows everything again.
            asWanted.Clear();
            await Task.Delay(RewatchDelay, cancellationToken);
        }
    }

    /// <summary>Reads a watch until an object is the last that is wanted; false when the watch ends before.</summary>
    private async Task<bool> WatchAsync(string path, Func<JsonElement, bool> isLast, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchException($"the watch {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }

        using StreamReader lines = new(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            using JsonDocument change = JsonDocument.Parse(line);
            if (change.RootElement.GetProperty("type").GetString() is "ADDED" or "MODIFIED" && isLast(change.RootElement.GetProperty("object")))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        return answer.IsSuccessStatusCode
            ? body
            : throw new BenchException($"{request.Method} {request.RequestUri}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(body)}");
    }

    private static bool IsReady(JsonElement node) =>
        node.TryGetProperty("status", out JsonElement status)
        && status.TryGetProperty("conditions", out JsonElement conditions)
        && conditions.EnumerateArray().Any(condition =>
            condition.GetProperty("type").GetString() == "Ready" && condition.GetProperty("status").GetString() == "True");
}
