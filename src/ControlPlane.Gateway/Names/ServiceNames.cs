using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Traffic;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// What the names of Services stand for on a node (Kubernetes: DNS-based service discovery): <c>NAME.NAMESPACE.svc.cluster.local</c> is the Service's address for this node's
/// containers, and of a headless Service the addresses of its ready pods; <c>_PORT._tcp.</c> before it is the number of a named port, of a headless Service for each of its pods.
/// </summary>
internal static class ServiceNames
{
    public const string Zone = "cluster.local";

    private const string Suffix = ".svc." + Zone;

    /// <summary>True for names that nobody else is asked for.</summary>
    public static bool Has(string name) => name == Zone || name.EndsWith($".{Zone}", StringComparison.Ordinal);

    /// <summary>A name that is none of a Service is a name error, unless others end in it.</summary>
    public static DnsAnswer Resolve(DnsQuery query, RouteTable table, NodeNetwork network, PodAddresses pods)
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
            (_, { ClusterIP: null }) => new HeadlessNames(query, service, network, pods).Resolve(labels[..^2]),
            ([_, _], not null) => new DnsAnswer(ResponseCode.NoError, [.. Address(query.Type, service, network)]),
            (["_tcp", _, _], not null) => new DnsAnswer(ResponseCode.NoError),
            ([['_', .. var port], "_tcp", _, _], not null) when service.Ports.FirstOrDefault(one => one.Name == port) is { } route =>
                new DnsAnswer(ResponseCode.NoError, [.. Server(query.Type, service, route)]),
            _ => new DnsAnswer(ResponseCode.NameError),
        };
    }

    private static IEnumerable<DnsRecord> Address(RecordType asked, ServiceRoute service, NodeNetwork network)
    {
        if (asked is RecordType.A or RecordType.Any && network.AddressOf(service.ClusterIP) is { } address)
        {
            yield return new DnsRecord.Address(IPAddress.Parse(address));
        }
    }

    private static IEnumerable<DnsRecord> Server(RecordType asked, ServiceRoute service, PortRoute route)
    {
        if (asked is RecordType.Srv or RecordType.Any)
        {
            yield return new DnsRecord.Server($"{service.Name}.{service.Namespace}{Suffix}", route.Port);
        }
    }
}
