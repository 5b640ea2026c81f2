using System.Net;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>One port of a Service and the endpoints that new requests to it may go to. A table changes it in place, so what is in flight notices nothing.</summary>
internal sealed class ServicePort(string name, TimeProvider time, Func<int, int> random)
{
    private readonly ClientAffinity affinity = new(time);
    private volatile Choice choice = new([], RouteProtocol.Http, TimeSpan.Zero);

    /// <summary>Service and port as a person would name them, such as <c>default/hello:80</c>.</summary>
    public string Name => name;

    public RouteProtocol Protocol => choice.Protocol;

    /// <param name="open">Those that may get new requests.</param>
    /// <param name="protocol">How its bytes are carried.</param>
    /// <param name="keptFor">How long a client stays with its endpoint; zero for not at all.</param>
    public void Set(Endpoint[] open, RouteProtocol protocol, TimeSpan keptFor) => choice = new Choice(open, protocol, keptFor);

    /// <summary>
    /// Enters an endpoint: the client's own where clients are kept, else the one with the least in flight, those that cannot be connected to last. Null when there is
    /// none that was not tried yet. The caller leaves it.
    /// </summary>
    /// <param name="client">The client's address.</param>
    /// <param name="tried">Endpoints that could not be connected to for this very request.</param>
    public Endpoint? Enter(IPAddress client, IReadOnlyCollection<Endpoint> tried)
    {
        while (true)
        {
            Choice now = choice;
            Endpoint? endpoint = Pick(now, client, tried);
            if (endpoint is null || endpoint.TryEnter())
            {
                return endpoint;
            }

            // It was closed between the two. A table closes endpoints after it has replaced the choice, so the next look finds another choice.
            if (ReferenceEquals(now, choice))
            {
                return null;
            }
        }
    }

    private Endpoint? Pick(Choice now, IPAddress client, IReadOnlyCollection<Endpoint> tried)
    {
        if (now.KeptFor == TimeSpan.Zero)
        {
            return LeastLoaded(now.Open, tried);
        }

        Endpoint? endpoint = affinity.Find(client, now.KeptFor);
        if (endpoint is null || endpoint.IsLeftOut || tried.Contains(endpoint) || !now.Open.Contains(endpoint))
        {
            endpoint = LeastLoaded(now.Open, tried);
        }

        if (endpoint is not null)
        {
            affinity.Keep(client, endpoint, now.KeptFor);
        }

        return endpoint;
    }

    /// <summary>Begins at a random one, so that equals take turns.</summary>
    private Endpoint? LeastLoaded(Endpoint[] open, IReadOnlyCollection<Endpoint> tried)
    {
        Endpoint? best = null;
        (bool IsLeftOut, int InFlight) least = default;
        int first = open.Length > 1 ? random(open.Length) : 0;
        for (int i = 0; i < open.Length; i++)
        {
            Endpoint endpoint = open[(first + i) % open.Length];
            if (tried.Count > 0 && tried.Contains(endpoint))
            {
                continue;
            }

            (bool IsLeftOut, int InFlight) load = (endpoint.IsLeftOut, endpoint.InFlight);
            if (best is null || load.CompareTo(least) < 0)
            {
                (best, least) = (endpoint, load);
            }
        }

        return best;
    }

    private sealed record Choice(Endpoint[] Open, RouteProtocol Protocol, TimeSpan KeptFor);
}
