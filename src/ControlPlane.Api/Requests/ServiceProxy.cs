using System.Globalization;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Asks to send a request to a pod behind a Service. On record as a change, for the request may make any.</summary>
/// <param name="Id">The name as the path has it.</param>
internal sealed record ProxyToService(string Namespace, string Id, ProxyName To, WriteContext Context) : IRequest<ProxyTarget>, IWriteRequest
{
    public string Verb => "proxy";

    public string KindName => ResourceKinds.Service.QualifiedPlural;

    public string Target => new ObjectKey(Namespace, To.Name).ToString();
}

/// <summary>
/// Chooses any endpoint of a Service that is ready and is a pod; one that is none is never gone to (Kubernetes: registry/core/service, ResourceLocation). The port is
/// one of the Service's, by number or name; without one it is the one without a name.
/// </summary>
internal sealed class ServiceProxyHandler(CacheReader reader, StreamDialing dialing) : IRequestHandler<ProxyToService, ProxyTarget>
{
    public async Task<ProxyTarget> Handle(ProxyToService request, CancellationToken cancellationToken)
    {
        (string scheme, string name, string wanted) = request.To;
        Service service = await reader.FindLatestAsync<Service>(new ObjectKey(request.Namespace, name), cancellationToken)
            ?? throw StatusError.NotFound(ResourceKinds.Service, name);
        ServicePort? port = PortOf(service, wanted);
        Pod[] ready = port is null ? [] : await ReadyAsync(service, port.Name ?? "", cancellationToken);
        (Pod Pod, int Port)[] choice = [.. ready.Select(pod => (pod, Port: TargetOf(port!, pod))).Where(pod => pod.Port > 0).Select(pod => (pod.pod, pod.Port))];
        if (choice.Length == 0)
        {
            throw StatusError.Unreachable($"no endpoints available for service \"{request.Id}\"");
        }

        (Pod chosen, int target) = choice[Random.Shared.Next(choice.Length)];
        return ProxyTarget.Of(scheme, chosen, target, dialing);
    }

    /// <summary>The Service's port; null when none has the name.</summary>
    /// <exception cref="ApiException">503: none has the number.</exception>
    private static ServicePort? PortOf(Service service, string wanted)
    {
        if (!int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return service.Spec.Ports.FirstOrDefault(port => (port.Name ?? "") == wanted);
        }

        return service.Spec.Ports.FirstOrDefault(port => port.Port == number)
            ?? throw StatusError.Unreachable($"no service port {number} found for service \"{service.Name}\"");
    }

    private async Task<Pod[]> ReadyAsync(Service service, string port, CancellationToken cancellationToken)
    {
        ReadSnapshots read = await reader.SnapshotsAsync(
            [new KindScope(ResourceKinds.EndpointSlice, service.Namespace), new KindScope(ResourceKinds.Pod, service.Namespace)], resourceVersion: null, cancellationToken);
        HashSet<string> uids =
        [
            .. read.All<EndpointSlice>(0)
                .Where(slice => slice.Namespace == service.Namespace && slice.Metadata.Labels[EndpointSlice.ServiceNameLabel] == service.Name)
                .Where(slice => slice.Ports.Any(one => (one.Name ?? "") == port))
                .SelectMany(slice => slice.Endpoints)
                .Where(endpoint => endpoint.Conditions?.Ready != false && endpoint.TargetRef?.Kind == ResourceKinds.Pod.Kind)
                .Select(endpoint => endpoint.TargetRef!.Uid ?? ""),
        ];
        return [.. read.All<Pod>(1).Where(pod => pod.Namespace == service.Namespace && uids.Contains(pod.Uid))];
    }

    /// <summary>The pod's port that a Service's leads to; 0 when the pod has none of that name.</summary>
    private static int TargetOf(ServicePort port, Pod pod)
    {
        IntOrString target = port.TargetPort ?? port.Port;
        return target.IsNumber
            ? target.Number
            : pod.Spec.LastingContainers().SelectMany(container => container.Ports).FirstOrDefault(named => named.Name == target.Text && named.Protocol is null or "TCP")?.Number ?? 0;
    }
}
