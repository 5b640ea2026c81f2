using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>Which gateways a pod waits for, and whether it is one that gateways fall back on.</summary>
internal sealed class GatewayWaits
{
    private readonly DrainSnapshot snapshot;
    private readonly GatewayState[] live;
    private readonly Dictionary<string, Dictionary<string, long>> readyPorts = new(StringComparer.Ordinal);

    public GatewayWaits(DrainSnapshot snapshot)
    {
        this.snapshot = snapshot;
        live = [.. snapshot.Gateways.Where(IsLive)];
    }

    /// <summary>True when no gateway may still be there.</summary>
    public bool AreOver => live.Length == 0;

    /// <summary>Whether gateways may have sent requests to a pod that they may not have ended.</summary>
    public bool Concern(Pod pod) => snapshot.SlicesOf(pod.Uid).Count > 0 || snapshot.FormerOf(pod) is not null;

    /// <summary>How long a pod's requests are waited for: as long as the most patient says of the Services that list it, and of those that did until a moment ago.</summary>
    public TimeSpan TimeoutOf(Pod pod)
    {
        TimeSpan? longest = snapshot.FormerOf(pod)?.Timeout;
        foreach (EndpointSlice slice in snapshot.SlicesOf(pod.Uid))
        {
            TimeSpan timeout = snapshot.DrainTimeOf(slice);
            longest = longest > timeout ? longest : timeout;
        }

        return longest ?? Draining.Timeout;
    }

    /// <summary>A gateway that may send requests to a pod, or that has some in flight to it; null when there is none.</summary>
    public GatewayState? For(Pod pod)
    {
        IReadOnlyCollection<EndpointSlice> slices = snapshot.SlicesOf(pod.Uid);
        bool isRouted = slices.Any(slice => slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == pod.Uid && endpoint.Conditions?.Ready != false));
        long left = snapshot.FormerOf(pod)?.Revision ?? 0;
        foreach (EndpointSlice slice in slices)
        {
            left = Math.Max(left, slice.Metadata.Revision);
        }

        foreach ((string service, string port) in PortsThatFallBackOn(pod))
        {
            // A gateway that does not know of the one that is ready falls back still.
            left = Math.Max(left, ReadyPortsOf(service).GetValueOrDefault(port));
        }

        Guid uid = UidOf(pod);
        return Array.Find(live, gateway =>
            isRouted || gateway.Store != snapshot.Store || gateway.Acknowledged < left || gateway.Draining.Any(item => item.Pod == uid && item.InFlight > 0));
    }

    /// <summary>
    /// Whether gateways send requests to a pod that is on its way out, because a port of its Service has no ready endpoint: then nothing in flight now says nothing of the next moment.
    /// </summary>
    public bool FallBackOn(Pod pod) => PortsThatFallBackOn(pod).Any(port => !ReadyPortsOf(port.Service).ContainsKey(port.Name));

    /// <summary>The ports of Services that would be served by a pod on its way out if nothing else were ready.</summary>
    private IEnumerable<(string Service, string Name)> PortsThatFallBackOn(Pod pod) =>
        from slice in snapshot.SlicesOf(pod.Uid)
        where slice.Metadata.Controller is not null
            && slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == pod.Uid && endpoint.Conditions is { Serving: true, Terminating: true })
        from port in slice.Ports
        select (slice.Metadata.Controller!.Uid, port.Name ?? "");

    public static Guid UidOf(Pod pod) => Guid.TryParse(pod.Uid, out Guid parsed) ? parsed : Guid.Empty;

    /// <summary>A gateway that may still be there. Its silence counts from when it could have been heard.</summary>
    private bool IsLive(GatewayState gateway) => gateway.Age < Draining.GatewayLease || snapshot.HeardFor < Draining.GatewayLease;

    /// <summary>The names of a Service's ports that some ready endpoint has, each with the revision from which on a gateway knows of one. Looked up once for all pods of the Service.</summary>
    private Dictionary<string, long> ReadyPortsOf(string service)
    {
        if (!readyPorts.TryGetValue(service, out Dictionary<string, long>? known))
        {
            readyPorts[service] = known = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (EndpointSlice slice in snapshot.SlicesOfService(service).Where(slice => slice.Endpoints.Any(endpoint => endpoint.Conditions?.Ready != false)))
            {
                foreach (EndpointSlicePort port in slice.Ports)
                {
                    string name = port.Name ?? "";
                    known[name] = Math.Min(known.GetValueOrDefault(name, long.MaxValue), slice.Metadata.Revision);
                }
            }
        }

        return known;
    }
}
