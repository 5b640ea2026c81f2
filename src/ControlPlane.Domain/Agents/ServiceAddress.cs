using System.Globalization;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Agents;

/// <summary>A Service that has an address, as the containers of its namespace are told of it.</summary>
public sealed record ServiceAddress
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string ClusterIP { get; init; }

    public ValueList<ServicePort> Ports { get; init; }

    /// <summary>Null for a Service without an address or without ports, and for the API's own, at whose address nobody listens.</summary>
    public static ServiceAddress? Of(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.Spec is { ClusterIP: { Length: > 0 } address, Ports.IsEmpty: false } && address != ServiceSpec.Headless && !ApiService.Is(service)
            ? new ServiceAddress { Namespace = service.Namespace, Name = service.Name, ClusterIP = address, Ports = service.Spec.Ports }
            : null;
    }

    /// <summary>
    /// The variables that Kubernetes' kubelet gives each container, those of Docker's links among them. Worked through for <c>my-db</c> at 10.0.0.11 with a port 5432 named <c>sql</c>:
    /// <c>MY_DB_SERVICE_HOST=10.0.0.11</c>, <c>MY_DB_SERVICE_PORT=5432</c>, <c>MY_DB_SERVICE_PORT_SQL=5432</c>, <c>MY_DB_PORT=tcp://10.0.0.11:5432</c>,
    /// <c>MY_DB_PORT_5432_TCP=tcp://10.0.0.11:5432</c>, and the same name with <c>_PROTO=tcp</c>, <c>_PORT=5432</c>, <c>_ADDR=10.0.0.11</c>.
    /// </summary>
    public IEnumerable<KeyValuePair<string, string>> Variables()
    {
        string name = NameOf(Name);
        yield return new($"{name}_SERVICE_HOST", ClusterIP);
        yield return new($"{name}_SERVICE_PORT", Text(Ports[0].Port));
        foreach (ServicePort port in Ports.Where(port => !string.IsNullOrEmpty(port.Name)))
        {
            yield return new($"{name}_SERVICE_PORT_{NameOf(port.Name!)}", Text(port.Port));
        }

        yield return new($"{name}_PORT", UrlOf(Ports[0]));
        foreach (ServicePort port in Ports)
        {
            string link = $"{name}_PORT_{Text(port.Port)}_{ProtocolOf(port)}";
            yield return new(link, UrlOf(port));
            yield return new($"{link}_PROTO", ProtocolOf(port).ToLowerInvariant());
            yield return new($"{link}_PORT", Text(port.Port));
            yield return new($"{link}_ADDR", ClusterIP);
        }
    }

    private string UrlOf(ServicePort port) => $"{ProtocolOf(port).ToLowerInvariant()}://{ClusterIP}:{Text(port.Port)}";

    private static string ProtocolOf(ServicePort port) => string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol;

    private static string NameOf(string name) => name.Replace('-', '_').ToUpperInvariant();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
