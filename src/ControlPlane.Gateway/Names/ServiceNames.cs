using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// What the names of Services stand for on a node (Kubernetes: DNS-based service discovery): <c>NAME.NAMESPACE.svc.cluster.local</c> is the Service's address for this node's
/// containers, and of a headless Service the addresses of its ready pods; <c>_PORT._tcp.</c> before it is the number of a named port.
/// </summary>
internal static class ServiceNames
{
    public const string Zone = "cluster.local";

    private const string Suffix = ".svc." + Zone;

    /// <summary>True for names that nobody else is asked for.</summary>
    public static bool Has(string name) => name == Zone || name.EndsWith($".{Zone}", StringComparison.Ordinal);

    /// <summary>A name that is none of a Service is a name error, unless others end in it.</summary>
    public static DnsAnswer Resolve(DnsQuery query, RouteTable table, NodeNetwork network)
    {
        if (query.Name is Zone or "svc." + Zone)
        {
            return new DnsAnswer(ResponseCode.NoError);
        }

        if (!query.Name.EndsWith(Suffix, StringComparison.Ordinal))
        {
            return new DnsAnswer(ResponseCode.NameError);
        }

        IReadOnlyList<ServiceRoute> services = KeptRoutes.Effective(table);
        string[] labels = query.Name[..^Suffix.Length].Split('.');
        ServiceRoute? service = labels.Length >= 2 ? services.FirstOrDefault(one => one.Name == labels[^2] && one.Namespace == labels[^1]) : null;
        return (labels, service) switch
        {
            ([var space], _) => new DnsAnswer(services.Any(one => one.Namespace == space) ? ResponseCode.NoError : ResponseCode.NameError),
            ([_, _], not null) => new DnsAnswer(ResponseCode.NoError, [.. Addresses(query.Type, service, network)]),
            (["_tcp", _, _], not null) => new DnsAnswer(ResponseCode.NoError),
            ([['_', .. var port], "_tcp", _, _], not null) when service.Ports.Any(one => one.Name == port) =>
                new DnsAnswer(ResponseCode.NoError, [.. Servers(query, service, port)]),
            _ => new DnsAnswer(ResponseCode.NameError),
        };
    }

    private static IEnumerable<DnsRecord> Addresses(RecordType asked, ServiceRoute service, NodeNetwork network)
    {
        if (asked is not (RecordType.A or RecordType.Any))
        {
            return [];
        }

        // A node's loopback address is nobody's but the host's own.
        IEnumerable<string> addresses = network.AddressOf(service.ClusterIP) is { } address
            ? [address]
            : service.Ports.SelectMany(port => port.Endpoints).Where(endpoint => endpoint.Ready).Select(endpoint => endpoint.Address).Distinct();
        return addresses
            .Select(text => IPAddress.TryParse(text, out IPAddress? ip) && !IPAddress.IsLoopback(ip) ? new DnsRecord.Address(ip) : null)
            .OfType<DnsRecord>();
    }

    private static IEnumerable<DnsRecord> Servers(DnsQuery query, ServiceRoute service, string port)
    {
        string target = query.Name[(query.Name.IndexOf("._tcp.", StringComparison.Ordinal) + "._tcp.".Length)..];
        PortRoute route = service.Ports.First(one => one.Name == port);
        IEnumerable<int> numbers = service.ClusterIP is null
            ? route.Endpoints.Where(endpoint => endpoint.Ready).Select(endpoint => endpoint.Port).Distinct()
            : [route.Port];
        return query.Type is RecordType.Srv or RecordType.Any ? numbers.Select(number => new DnsRecord.Server(target, number)) : [];
    }
}
