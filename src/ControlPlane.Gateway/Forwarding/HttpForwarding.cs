using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Hosting;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Traffic;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Endpoint = ControlPlane.Gateway.Traffic.Endpoint;

namespace ControlPlane.Gateway.Forwarding;

/// <summary>
/// Sends each request to an endpoint of the port that its connection was accepted on, in the HTTP version it came in. When the endpoint cannot be connected to, nothing
/// has been sent, and another one gets the request. What has been sent is never sent again, unless its method is idempotent and it has no body: then it is once more where a
/// kept connection ends before a byte of the answer, as pods end connections that nobody uses.
/// </summary>
internal sealed class HttpForwarding : IDisposable
{
    /// <summary>
    /// How long a request or a stream may be silent. Vanished hosts are found by the connections' keep-alive, so this is long: Kubernetes' proxy knows no such limit.
    /// </summary>
    private static readonly TimeSpan ActivityTimeout = TimeSpan.FromHours(1);

    private static readonly HttpRequestOptionsKey<Endpoint> EndpointKey = new("endpoint");

    /// <summary>Whether a connection was made for a request.</summary>
    private static readonly HttpRequestOptionsKey<bool> ConnectedKey = new("connected");

    private static readonly ForwarderRequestConfig AsHttp1 =
        new() { ActivityTimeout = ActivityTimeout, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private static readonly ForwarderRequestConfig AsHttp2 =
        new() { ActivityTimeout = ActivityTimeout, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private readonly IHttpForwarder forwarder;
    private readonly Connector connector;
    private readonly MetricsPage metrics;
    private readonly DrainState drain;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker client;

    public HttpForwarding(IHttpForwarder forwarder, Connector connector, MetricsPage metrics, DrainState drain, TimeProvider time)
    {
        this.forwarder = forwarder;
        this.connector = connector;
        this.metrics = metrics;
        this.drain = drain;
        this.time = time;
        client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
        });
    }

    public async Task ForwardAsync(HttpContext context)
    {
        ServicePort port = context.Features.Get<AcceptedOn>()!.Listener.Port;
        if (ReferenceEquals(port, metrics.Port))
        {
            EndWhileDraining(context);
            await metrics.WriteAsync(context);
            return;
        }

        RequestTraits request = new(context.Connection.RemoteIpAddress ?? IPAddress.None, context.Request);
        FollowedBody? body = null;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            context.Request.Body = body = new FollowedBody(context.Request.Body);
        }

        List<Endpoint> tried = [];
        while (port.Enter(request, tried) is { } endpoint)
        {
            try
            {
                if (await TryForwardAsync(context, body, endpoint))
                {
                    return;
                }
            }
            finally
            {
                endpoint.Leave();
            }

            tried.Add(endpoint);
        }

        // One failure, not one of each that was tried: the client has seen one.
        (tried.LastOrDefault()?.Traffic ?? port.Unserved)?.Ended(hasFailed: true);
        string reason = tried.Count == 0 ? "has no ready endpoint" : $"has no endpoint that can be connected to; {tried.Count} tried";
        EndWhileDraining(context);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync($"service {port.Name} {reason}\n", context.RequestAborted);
    }

    public void Dispose() => client.Dispose();

    private void EndWhileDraining(HttpContext context)
    {
        if (drain.IsDraining)
        {
            EndAfterThis(context);
        }
    }

    /// <summary>The client's next request opens a connection, which the successor accepts.</summary>
    private static void EndAfterThis(HttpContext context)
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>False when the endpoint could not be connected to: then nothing has been sent or answered.</summary>
    private async Task<bool> TryForwardAsync(HttpContext context, FollowedBody? body, Endpoint endpoint)
    {
        RouteEndpoint route = endpoint.Route;
        long startedAt = time.GetTimestamp();
        Transformer transformer = new(endpoint, drain, startedAt, time);
        ForwarderRequestConfig config = HttpProtocol.IsHttp2(context.Request.Protocol) ? AsHttp2 : AsHttp1;
        ForwarderError error = await forwarder.SendAsync(context, $"http://{route.Address}:{route.Port}", client, config, transformer);
        if (error is not (ForwarderError.Request or ForwarderError.UpgradeRequestDestination)
            || context.Response.HasStarted
            || !IsUnreachable(context.Features.Get<IForwarderErrorFeature>()?.Exception))
        {
            if (IsGivenUp(error) && !transformer.HasAnswer)
            {
                // What this gateway cuts at its own end says nothing of the pod, nor does a client that has not said all.
                endpoint.Traffic.GivenUp(time.GetElapsedTime(startedAt), waitedForThePod: body is not { IsWhole: false } && !drain.IsDraining);
                return true;
            }

            if (!transformer.HasAnswer && error is ForwarderError.Request or ForwarderError.RequestBodyDestination)
            {
                NoteReset(endpoint, transformer.HasConnected);
            }

            endpoint.Traffic.Ended(hasFailed: IsThePods(error) || (error is ForwarderError.None && AnswerOutcome.HasFailed(context.Response)));
            return true;
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
        return false;
    }

    /// <summary>A pod that ends a new connection without an answer is as one that refuses it; one that ends a kept connection may just have found it idle for too long.</summary>
    private static void NoteReset(Endpoint endpoint, bool isOfNewConnection)
    {
        if (isOfNewConnection)
        {
            endpoint.Failed();
        }
        else
        {
            endpoint.Answered(isFault: true);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Endpoint endpoint = context.InitialRequestMessage.Options.TryGetValue(EndpointKey, out Endpoint? known)
            ? known
            : throw new InvalidOperationException("a request without an endpoint");
        context.InitialRequestMessage.Options.Set(ConnectedKey, true);
        Socket? socket = await connector.TryConnectAsync(endpoint, cancellationToken);
        return socket is not null ? new NetworkStream(socket, ownsSocket: true) : throw new EndpointUnreachableException();
    }

    /// <summary>What a client that goes away leaves behind.</summary>
    private static bool IsGivenUp(ForwarderError error) => error is ForwarderError.RequestCanceled
        or ForwarderError.RequestBodyCanceled
        or ForwarderError.RequestBodyClient;

    /// <summary>What the pod or the way to it is to blame for; a client that went away is judged by how long it had waited.</summary>
    private static bool IsThePods(ForwarderError error) => error is ForwarderError.Request
        or ForwarderError.RequestTimedOut
        or ForwarderError.RequestBodyDestination
        or ForwarderError.ResponseHeaders
        or ForwarderError.ResponseBodyDestination
        or ForwarderError.UpgradeRequestDestination
        or ForwarderError.UpgradeResponseDestination;

    private static bool IsUnreachable(Exception? exception) =>
        exception is not null && (exception is EndpointUnreachableException || IsUnreachable(exception.InnerException));

    /// <summary>No connection, so nothing has been sent.</summary>
    private sealed class EndpointUnreachableException() : IOException("the endpoint cannot be connected to");

    /// <summary>Path, query and headers pass as they are, the Host too; where the request came from is added.</summary>
    private sealed class Transformer(Endpoint endpoint, DrainState drain, long startedAt, TimeProvider time) : HttpTransformer
    {
        private HttpRequestMessage? sent;

        /// <summary>Whether a connection was made for this request. Another may have got it, if one became free meanwhile.</summary>
        public bool HasConnected => sent?.Options.TryGetValue(ConnectedKey, out bool hasConnected) == true && hasConnected;

        /// <summary>Whether an answer's headers have come.</summary>
        public bool HasAnswer { get; private set; }

        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            HttpRequest request = httpContext.Request;
            if (!MaySendAgain(request.Method) && httpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            {
                // .NET's client sends a request again that has no content; one that has, be it empty, it does not. This header makes it an empty one.
                request.ContentLength = 0;
            }

            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.RequestUri = RequestTarget.At(request, destinationPrefix);
            proxyRequest.Options.Set(EndpointKey, endpoint);
            sent = proxyRequest;
            string client = httpContext.Connection.RemoteIpAddress?.ToString() ?? "unknown";
            Set("X-Forwarded-For", request.Headers["X-Forwarded-For"] is { Count: > 0 } before ? $"{before}, {client}" : client);
            Set("X-Forwarded-Proto", request.Headers["X-Forwarded-Proto"] is { Count: > 0 } proto ? proto.ToString() : request.Scheme);
            Set("X-Forwarded-Host", request.Headers["X-Forwarded-Host"] is { Count: > 0 } host ? host.ToString() : request.Host.Value ?? "");

            void Set(string name, string value)
            {
                proxyRequest.Headers.Remove(name);
                proxyRequest.Headers.TryAddWithoutValidation(name, value);
            }
        }

        /// <summary>Whether a second time changes nothing (RFC 9110, 9.2.2), or cannot be told from the first (<c>CONNECT</c>, which may have no content).</summary>
        private static bool MaySendAgain(string method) =>
            HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method)
            || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method) || HttpMethods.IsConnect(method);

        public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (proxyResponse is not null)
            {
                HasAnswer = true;
                endpoint.Traffic.Answered(time.GetElapsedTime(startedAt));
                endpoint.Answered(isFault: proxyResponse.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);
            }

            bool copies = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
            if (drain.IsDraining && proxyResponse is not null)
            {
                EndAfterThis(httpContext);
            }

            return copies;
        }
    }
}
