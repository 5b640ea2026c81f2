using System.Globalization;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Asks to send a request to a port of a pod. On record as a change, for the request may make any.</summary>
internal sealed record ProxyToPod(string Namespace, ProxyName To, WriteContext Context) : IRequest<ProxyTarget>, IWriteRequest
{
    public string Verb => "proxy";

    public string KindName => ResourceKinds.Pod.QualifiedPlural;

    public string Target => new ObjectKey(Namespace, To.Name).ToString();
}

/// <summary>Where a proxied request goes.</summary>
/// <param name="Scheme">http or https.</param>
/// <param name="Pod">The pod, and through whom it is reached.</param>
/// <param name="Port">The port, as the pod has it.</param>
internal sealed record ProxyTarget(string Scheme, ForwardedPod Pod, int Port)
{
    /// <summary>A port of a pod whose agent can be asked.</summary>
    /// <exception cref="ApiException">400: the pod has no node; 503: its agent is not connected.</exception>
    public static ProxyTarget Of(string scheme, Pod pod, int port, StreamDialing dialing)
    {
        string node = PodStreams.NodeOf(pod, dialing, "its ports cannot be reached now");
        return new ProxyTarget(scheme, new ForwardedPod(pod.Name, node, PodStreams.RequestFor(pod, StreamTypes.PortForward)), port);
    }
}

/// <summary>The port that is asked for; without one the first that a container names, and where none does the scheme's own (Kubernetes: registry/core/pod, ResourceLocation).</summary>
internal sealed class PodProxyHandler(CacheReader reader, StreamDialing dialing) : IRequestHandler<ProxyToPod, ProxyTarget>
{
    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    public async Task<ProxyTarget> Handle(ProxyToPod request, CancellationToken cancellationToken)
    {
        (string scheme, string name, string port) = request.To;
        Pod pod = await reader.FindLatestAsync<Pod>(new ObjectKey(request.Namespace, name), cancellationToken) ?? throw StatusError.NotFound(ResourceKinds.Pod, name);
        return ProxyTarget.Of(scheme, pod, port.Length > 0 ? PortOf(port) : FirstPortOf(pod) ?? (scheme == Uri.UriSchemeHttps ? HttpsPort : HttpPort), dialing);
    }

    private static int PortOf(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
        ? port
        : throw StatusError.BadRequest($"unable to parse \"{text}\" as a port of a pod (1-65535)");

    private static int? FirstPortOf(Pod pod) => pod.Spec.Containers.SelectMany(container => container.Ports).Select(port => (int?)port.Number).FirstOrDefault();
}
