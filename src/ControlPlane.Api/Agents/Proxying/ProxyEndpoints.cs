using System.Net.Security;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using MediatR;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>
/// <c>…/pods/{[scheme:]name[:port]}/proxy[/path]</c> and <c>…/services/…</c>: the request, whatever its method, as the pod answers it; upgrades, too.
/// </summary>
internal static class ProxyEndpoints
{
    /// <summary>Connections over which a pod may speak as slowly as it likes are ended only when nothing has come for as long as any stream may be idle.</summary>
    private static readonly ForwarderRequestConfig Forwarding = new()
    {
        ActivityTimeout = StreamSessions.IdleMax,
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>With TLS the pod chooses: HTTP/2 where it speaks that, and so gRPC goes through (Kubernetes: SetTransportDefaults).</summary>
    private static readonly ForwarderRequestConfig ForwardingOverTls = Forwarding with
    {
        Version = System.Net.HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    public static Task ToPodAsync(HttpContext http, IMediator mediator)
    {
        ProxyName to = ProxyName.Parse(NameOf(http), "pod");
        return ServeAsync(http, cancellationToken => mediator.Send(new ProxyToPod(NamespaceOf(http), to, ContextOf(http)), cancellationToken));
    }

    public static Task ToServiceAsync(HttpContext http, IMediator mediator)
    {
        ProxyName to = ProxyName.Parse(NameOf(http), "service");
        return ServeAsync(http, cancellationToken => mediator.Send(new ProxyToService(NamespaceOf(http), NameOf(http), to, ContextOf(http)), cancellationToken));
    }

    private static async Task ServeAsync(HttpContext http, Func<CancellationToken, Task<ProxyTarget>> findAsync)
    {
        IHostApplicationLifetime lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        ProxyTarget target = await findAsync(ending.Token);
        ProxiedPath path = ProxiedPath.Of(http.Request);
        if (path.Rest.Length == 0 && !IsUpgrade(http))
        {
            // Relative links of a page lead below it only from a path that ends with a slash.
            http.Response.StatusCode = StatusCodes.Status301MovedPermanently;
            http.Response.Headers.Location = path.Base + "/" + http.Request.QueryString.ToUriComponent();
            return;
        }

        await ForwardAsync(http, target, path, ending.Token);
    }

    private static async Task ForwardAsync(HttpContext http, ProxyTarget target, ProxiedPath path, CancellationToken cancellationToken)
    {
        IServiceProvider services = http.RequestServices;
        StreamBroker broker = services.GetRequiredService<StreamBroker>();
        StreamDialing dialing = services.GetRequiredService<StreamDialing>();
        UpgradedConnection.MayBeSilent(http);
        // Of this request alone: whatever it has opened is closed with it.
        using HttpMessageInvoker client = new(HandlerFor(async token =>
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(token, cancellationToken);
            return await PodConnections.OpenAsync(broker, dialing, target, either.Token);
        }));
        string prefix = $"{target.Scheme}://{target.Pod.Name}:{target.Port}";
        Uri uri = new(
            prefix + (path.Rest.Length == 0 ? "/" : path.Rest) + http.Request.QueryString.ToUriComponent(),
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        ForwarderError error = await services.GetRequiredService<IHttpForwarder>()
            .SendAsync(http, prefix, client, target.Scheme == Uri.UriSchemeHttps && !IsUpgrade(http) ? ForwardingOverTls : Forwarding, new ProxyTransformer(path, uri), cancellationToken);
        if (http.Response.HasStarted)
        {
            return;
        }

        if (error != ForwarderError.None)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw StatusError.Unreachable($"error trying to reach service: {ReasonOf(http, error)}");
        }

        // An answer of the pod's without a body is sent as it is, not taken for one that still needs words.
        await http.Response.StartAsync(cancellationToken);
    }

    /// <summary>Whether it is no longer HTTP that the client goes on with; pods are asked for that over HTTP/1.1, whatever the client asks over.</summary>
    private static bool IsUpgrade(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true || http.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect == true;

    private static SocketsHttpHandler HandlerFor(Func<CancellationToken, Task<Stream>> connectAsync) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = async (_, token) => await connectAsync(token),

        // A pod's certificate names nothing that the API knows the pod by (Kubernetes: kube-apiserver's proxy transport does not check it either).
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null },
    };

    private static string ReasonOf(HttpContext http, ForwarderError error)
    {
        for (Exception? failure = http.GetForwarderErrorFeature()?.Exception; failure is not null; failure = failure.InnerException)
        {
            if (failure is ApiException refused)
            {
                return refused.Status.Message ?? "";
            }

            if (failure is { InnerException: null })
            {
                return failure.Message;
            }
        }

        return error.ToString();
    }

    private static string NamespaceOf(HttpContext http) => (string)http.Request.RouteValues["namespace"]!;

    private static string NameOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;

    private static WriteContext ContextOf(HttpContext http) => new(TokenAuthentication.ActorOf(http)) { UserAgent = http.Request.Headers.UserAgent.ToString() };
}
