using System.Net;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>
/// Where the pods of headless Services are for the containers of this node: each has an address of its own among those of its Services, at which the gateway listens on the ports of its containers.
/// What an address is follows from the pod's uid, so that a gateway that takes over, or starts again, has the same one.
/// </summary>
internal sealed class PodAddresses
{
    /// <summary>How long a client may keep what it was told of a headless Service, in seconds.</summary>
    public const int TimeToLiveSeconds = 2;

    /// <summary>How long a pod still takes connections after its address was told: for as long as the answer may be kept, and a second for its way and the connection's.</summary>
    public static readonly TimeSpan ToldFor = TimeSpan.FromSeconds(TimeToLiveSeconds + 1);

    /// <summary>The last 16 bits of an address; the first and the last of the range are nobody's.</summary>
    private const int NumbersMax = ushort.MaxValue - 1;

    private volatile State state = new([], new Dictionary<(Guid Service, Guid Pod), Endpoint[]>());

    /// <summary>True for what has an address of its own: a pod whose container's port is known.</summary>
    public static bool HasOwn(ServiceRoute service, RouteEndpoint endpoint) => service.ClusterIP is null && endpoint.Pod != Guid.Empty && endpoint.ContainerPort is not null;

    /// <summary>
    /// Gives each pod of a headless Service an address: the one that it has, else the first that is free from where its uid points. A Service's own address is the Service's, even if a pod had it before.
    /// Both are of one table: nobody is told of a pod that cannot be reached yet.
    /// </summary>
    /// <param name="services">All Services.</param>
    /// <param name="endpoints">The endpoints of each pod of a headless Service.</param>
    public void Set(IReadOnlyList<ServiceRoute> services, IReadOnlyDictionary<(Guid Service, Guid Pod), Endpoint[]> endpoints)
    {
        HashSet<ushort> taken = [.. services.Where(service => service.ClusterIP is not null).Select(service => LastBits(service.ClusterIP!))];
        Dictionary<Guid, ushort> known = state.Numbers;
        Dictionary<Guid, ushort> numbers = [];
        Guid[] pods = [.. endpoints.Keys.Select(key => key.Pod).Distinct().Order()];
        foreach (Guid pod in pods)
        {
            if (known.TryGetValue(pod, out ushort number) && taken.Add(number))
            {
                numbers[pod] = number;
            }
        }

        foreach (Guid pod in pods)
        {
            if (!numbers.ContainsKey(pod) && FreeFrom(pod, taken) is { } number)
            {
                taken.Add(number);
                numbers[pod] = number;
            }
        }

        state = new State(numbers, endpoints);
    }

    /// <summary>A pod's address on a node's bridge; null for one of no headless Service.</summary>
    public IPAddress? Find(Guid pod, NodeNetwork network) =>
        state.Numbers.TryGetValue(pod, out ushort number) && network.AddressAt(number) is { } text ? IPAddress.Parse(text) : null;

    /// <summary>Notes that a client is told of a pod now; false when it takes nothing new, so that the client must not be told.</summary>
    public bool TryTell(Guid service, Guid pod)
    {
        bool isTold = false;
        foreach (Endpoint endpoint in state.Endpoints.GetValueOrDefault((service, pod), []))
        {
            isTold |= endpoint.TryTell(ToldFor);
        }

        return isTold;
    }

    private static ushort? FreeFrom(Guid pod, HashSet<ushort> taken)
    {
        uint start = BitConverter.ToUInt32(pod.ToByteArray());
        for (uint step = 0; step < NumbersMax; step++)
        {
            ushort number = (ushort)(1 + ((start + step) % NumbersMax));
            if (!taken.Contains(number))
            {
                return number;
            }
        }

        return null;
    }

    private static ushort LastBits(string address) => IPv4Address.TryParse(address, out IPv4Address parsed) ? (ushort)parsed.Number : (ushort)0;

    /// <summary>Replaced whole.</summary>
    private sealed record State(Dictionary<Guid, ushort> Numbers, IReadOnlyDictionary<(Guid Service, Guid Pod), Endpoint[]> Endpoints);
}
