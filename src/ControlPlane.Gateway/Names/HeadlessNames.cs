using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// What the names of one headless Service stand for. Each ready pod has an address of its own (<see cref="PodAddresses"/>), at which the ports of its containers are; what is no pod's is where its slice says,
/// but not on a loopback address, which is nobody's but the host's own. <c>10-65-3-9.</c> before the Service's name is the one with that address, <c>HOSTNAME.</c> those with that hostname.
/// </summary>
internal sealed class HeadlessNames(DnsQuery query, ServiceRoute service, NodeNetwork network, PodAddresses pods)
{
    /// <param name="labels">What stands before the Service's name.</param>
    public DnsAnswer Resolve(string[] labels) => Answer(labels) with { TimeToLiveSeconds = PodAddresses.TimeToLiveSeconds };

    private DnsAnswer Answer(string[] labels)
    {
        switch (labels)
        {
            case []:
                return new DnsAnswer(ResponseCode.NoError, [.. Addresses(_ => true)]);
            case ["_tcp"]:
                return new DnsAnswer(ResponseCode.NoError);
            case [['_', .. var port], "_tcp"] when service.Ports.FirstOrDefault(one => one.Name == port) is { } route:
                return new DnsAnswer(ResponseCode.NoError, [.. Servers(route)]);
            case [var name] when Ready(service.Ports.SelectMany(one => one.Endpoints)).Any(one => IsNamed(one, name)):
                return new DnsAnswer(ResponseCode.NoError, [.. Addresses(one => IsNamed(one, name))]);
            default:
                return new DnsAnswer(ResponseCode.NameError);
        }
    }

    private IEnumerable<DnsRecord> Addresses(Func<Member, bool> isMeant) => query.Type is RecordType.A or RecordType.Any
        ? Ready(service.Ports.SelectMany(port => port.Endpoints)).Where(isMeant).Where(MayTell).Select(one => one.Address).Distinct().Select(address => new DnsRecord.Address(address))
        : [];

    private IEnumerable<DnsRecord> Servers(PortRoute route) => query.Type is RecordType.Srv or RecordType.Any
        ? Ready(route.Endpoints).Where(MayTell).Select(one => new DnsRecord.Server($"{Label(one.Address)}.{service.Name}.{service.Namespace}.svc.{ServiceNames.Zone}", one.Port)).Distinct()
        : [];

    private IEnumerable<Member> Ready(IEnumerable<RouteEndpoint> endpoints) => endpoints.Where(endpoint => endpoint.Ready).Select(Place).OfType<Member>();

    private Member? Place(RouteEndpoint endpoint) => PodAddresses.HasOwn(service, endpoint)
        ? pods.Find(endpoint.Pod, network) is { } own ? new Member(endpoint, own, endpoint.ContainerPort!.Value) : null
        : IPAddress.TryParse(endpoint.Address, out IPAddress? address) && !IPAddress.IsLoopback(address) ? new Member(endpoint, address, endpoint.Port) : null;

    private bool MayTell(Member member) => !PodAddresses.HasOwn(service, member.Endpoint) || pods.TryTell(service.Uid, member.Endpoint.Pod);

    private static bool IsNamed(Member member, string name) => Label(member.Address) == name || string.Equals(member.Endpoint.Hostname, name, StringComparison.OrdinalIgnoreCase);

    private static string Label(IPAddress address) => address.ToString().Replace('.', '-');

    /// <param name="Endpoint">As the table has it.</param>
    /// <param name="Address">Where it is for this node's containers.</param>
    /// <param name="Port">The port there.</param>
    private sealed record Member(RouteEndpoint Endpoint, IPAddress Address, int Port);
}
