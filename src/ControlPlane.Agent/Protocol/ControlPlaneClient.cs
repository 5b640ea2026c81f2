using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Protocol;

/// <summary>What the agent says to the control plane, and asks of it.</summary>
internal interface IControlPlane
{
    /// <summary>Says what runs here.</summary>
    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    Task<ReportReply> ReportAsync(NodeReport report, CancellationToken cancellationToken);

    /// <summary>Waits for a desired state newer than a revision; the same one comes again when there is none for 20 s.</summary>
    /// <param name="after">The revision; 0 to be answered at once.</param>
    /// <param name="store">The identity of the store whose revision it is: another one answers at once.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    Task<DesiredState> GetDesiredAsync(long after, string store, CancellationToken cancellationToken);

    /// <summary>Says what an image's name stands for here, and is told what the pod's revision runs.</summary>
    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    Task<ImageReply> ResolveImageAsync(ImageReport report, CancellationToken cancellationToken);
}

/// <summary>
/// The protocol over HTTP. All calls share one HTTP/2 connection (HTTP/1.1 over plain http) to one replica, until that fails; streams go to the replica
/// that waits for them.
/// </summary>
internal sealed class ControlPlaneClient : IControlPlane, IDisposable
{
    /// <summary>A desired state is held for 20 s at the server; longer silence means the connection is dead.</summary>
    private static readonly TimeSpan DesiredTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A pod's start waits for this.</summary>
    private static readonly TimeSpan ResolveTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(10);

    /// <summary>As much of a refusal as is worth a log line.</summary>
    private const int MaxReasonChars = 500;

    private readonly HttpClient http;
    private readonly Replicas replicas;
    private readonly string nodePath;
    private readonly NodeToken tokens;
    private readonly SemaphoreSlim joining = new(1);
    private readonly TimeProvider time;
    private volatile string? token;

    public ControlPlaneClient(AgentOptions options, TimeProvider time)
        : this(options, time, Random.Shared.NextDouble, CreateHandler(options))
    {
    }

    internal ControlPlaneClient(AgentOptions options, TimeProvider time, Func<double> random, HttpMessageHandler handler)
    {
        this.time = time;
        replicas = new Replicas(options.Servers, random);
        tokens = new NodeToken(options);
        nodePath = $"agent/v1/nodes/{Uri.EscapeDataString(options.NodeName)}";
        http = new HttpClient(handler)
        {
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
    }

    public Task<ReportReply> ReportAsync(NodeReport report, CancellationToken cancellationToken) =>
        SendAsync<ReportReply>(replicas.Current, HttpMethod.Post, $"{nodePath}/report", JsonOf(report), ReportTimeout, cancellationToken);

    public Task<ImageReply> ResolveImageAsync(ImageReport report, CancellationToken cancellationToken) =>
        SendAsync<ImageReply>(replicas.Current, HttpMethod.Post, $"{nodePath}/images", JsonOf(report), ResolveTimeout, cancellationToken);

    public async Task<DesiredState> GetDesiredAsync(long after, string store, CancellationToken cancellationToken)
    {
        string path = $"{nodePath}/desired?after={after}&store={Uri.EscapeDataString(store)}";
        Uri replica = replicas.Current;
        DesiredState state = await SendAsync<DesiredState>(replica, HttpMethod.Get, path, body: null, DesiredTimeout, cancellationToken);
        return state with { Streams = [.. state.Streams.Select(stream => stream with { ReplicaUrl = stream.ReplicaUrl ?? replica.ToString() })] };
    }

    /// <summary>Posts a stream to the replica that waits for it; the content is sent as it comes.</summary>
    /// <exception cref="ControlPlaneException">No answer, or a refusal; or an address to which the token shall not go.</exception>
    public async Task PostStreamAsync(StreamRequest stream, HttpContent content, int? errorStatus, CancellationToken cancellationToken)
    {
        string query = errorStatus is null ? "" : $"?status={errorStatus}";
        string path = $"agent/v1/streams/{Uri.EscapeDataString(stream.Id)}{query}";
        using HttpRequestMessage request = await RequestAsync(WaitingReplica(stream), HttpMethod.Post, path, content, cancellationToken);
        await SendAsync(request, static (_, _) => Task.FromResult(true), cancellationToken);
    }

    /// <summary>Dials to the replica that waits for a stream, for bytes in both directions, on a connection of its own.</summary>
    /// <exception cref="ControlPlaneException">No answer, or a refusal; or an address to which the token shall not go.</exception>
    public async Task<Stream> DialStreamAsync(StreamRequest stream, CancellationToken cancellationToken)
    {
        string path = $"agent/v1/streams/{Uri.EscapeDataString(stream.Id)}";
        using HttpRequestMessage request = await RequestAsync(WaitingReplica(stream), HttpMethod.Get, path, body: null, cancellationToken);
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue(StreamRequest.DuplexProtocol));
        try
        {
            // Not disposed here: the stream is the response, and closing it ends that.
            HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                return await response.Content.ReadAsStreamAsync(cancellationToken);
            }

            using (response)
            {
                throw await RefusalAsync(response, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new ControlPlaneException(exception.Message, status: null, exception);
        }
    }

    public void Dispose()
    {
        http.Dispose();
        joining.Dispose();
    }

    /// <summary>The agent's token goes over no connection that is less safe than the one it was asked on.</summary>
    private Uri WaitingReplica(StreamRequest stream)
    {
        Uri asked = replicas.Current;
        return stream.ReplicaUrl is not { } url ? asked
            : Uri.TryCreate(url, UriKind.Absolute, out Uri? replica) && replica.Scheme == asked.Scheme ? new Uri(replica, "/")
            : throw new ControlPlaneException($"a stream waits at '{url}', which is no {asked.Scheme} URL", status: null);
    }

    /// <summary>A replica that does not answer, or cannot serve, is left for the next.</summary>
    private async Task<T> SendAsync<T>(Uri replica, HttpMethod method, string path, HttpContent? body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            using HttpRequestMessage request = await RequestAsync(replica, method, path, body, either.Token);
            return await SendAsync(request, ReadAsync<T>, either.Token);
        }
        catch (ControlPlaneException exception) when (exception.Status is null or >= HttpStatusCode.InternalServerError)
        {
            replicas.LeaveAfterFailure(replica);
            throw;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            replicas.LeaveAfterFailure(replica);
            throw new ControlPlaneException($"no answer within {timeout.TotalSeconds:0} s", status: null);
        }
    }

    private async Task<HttpRequestMessage> RequestAsync(Uri replica, HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken) =>
        RequestWith(token ?? await JoinAsync(replica, cancellationToken), new Uri(replica, path), method, body);

    private HttpRequestMessage RequestWith(string bearer, Uri address, HttpMethod method, HttpContent? body) => new(method, address)
    {
        Content = body,
        Version = http.DefaultRequestVersion,
        VersionPolicy = http.DefaultVersionPolicy,
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", bearer) },
    };

    /// <summary>
    /// Has this agent's own token bound to its node, at the start and whenever the control plane does not know it any more; returns the token to use.
    /// A control plane from before there were such tokens is spoken to with the one to join with.
    /// </summary>
    private async Task<string> JoinAsync(Uri replica, CancellationToken cancellationToken)
    {
        await joining.WaitAsync(cancellationToken);
        try
        {
            if (token is { } joined)
            {
                return joined;
            }

            string own = await tokens.ReadOrMakeAsync(cancellationToken);
            string? join = await tokens.ReadJoinTokenAsync(cancellationToken);
            token = join is null || await TryBindAsync(replica, own, join, cancellationToken) ? own : join;
            return token;
        }
        finally
        {
            joining.Release();
        }
    }

    private async Task<bool> TryBindAsync(Uri replica, string own, string join, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(JoinTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using HttpRequestMessage request = RequestWith(join, new Uri(replica, $"{nodePath}/join"), HttpMethod.Post, JsonOf(new JoinRequest { Token = own }));
        try
        {
            return await SendAsync(request, static (_, _) => Task.FromResult(true), either.Token);
        }
        catch (ControlPlaneException exception) when (exception.Status is HttpStatusCode.NotFound)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ControlPlaneException($"no answer within {JoinTimeout.TotalSeconds:0} s", status: null);
        }
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, cancellationToken);
            }

            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await read(body, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException)
        {
            throw new ControlPlaneException(exception.Message, status: null, exception);
        }
    }

    private async Task<ControlPlaneException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized)
        {
            // The Node was deleted, or the database is another one: the next call joins again.
            token = null;
        }

        string reason = await response.Content.ReadAsStringAsync(cancellationToken);
        return new ControlPlaneException($"{(int)response.StatusCode} {reason[..Math.Min(reason.Length, MaxReasonChars)].Trim()}", response.StatusCode);
    }

    private static ByteArrayContent JsonOf(object said)
    {
        ByteArrayContent body = new(ResourceJson.SerializeToUtf8Bytes(said));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return body;
    }

    private static async Task<T> ReadAsync<T>(Stream body, CancellationToken cancellationToken) =>
        await JsonSerializer.DeserializeAsync<T>(body, ResourceJson.Options, cancellationToken) ?? throw new JsonException("null is no answer");

    private static SocketsHttpHandler CreateHandler(AgentOptions options)
    {
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
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

/// <summary>The control plane did not answer (<see cref="Status"/> is null) or refused.</summary>
internal sealed class ControlPlaneException(string message, HttpStatusCode? status, Exception? inner = null) : Exception(message, inner)
{
    public HttpStatusCode? Status { get; } = status;
}
