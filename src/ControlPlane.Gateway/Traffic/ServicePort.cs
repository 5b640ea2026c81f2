using System.Net;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;

namespace ControlPlane.Gateway.Traffic;

/// <summary>
/// One port of a Service and the endpoints that new requests to it may go to. A table changes it in place, so what is in flight notices nothing. The first that finds an endpoint decides: a header
/// route, the client's own endpoint where clients are kept, the shares of ReplicaSets, any endpoint at all; within what is left <see cref="LeastRequests"/>.
/// </summary>
internal sealed class ServicePort(string name, TimeProvider time, Func<int, int> random)
{
    private readonly ClientAffinity affinity = new(time);
    private readonly LeastRequests leastRequests = new(random);
    private volatile Choice choice = new([], RouteProtocol.Http, TimeSpan.Zero, TrafficPolicy.None, mayWarmUp: false);

    /// <summary>Service and port as a person would name them, such as <c>default/hello:80</c>.</summary>
    public string Name => name;

    public RouteProtocol Protocol => choice.Protocol;

    /// <summary>Counts what no endpoint was found for; null for the gateway's own port.</summary>
    public PodTraffic? Unserved { get; init; }

    /// <param name="open">Those that may get new requests.</param>
    /// <param name="protocol">How its bytes are carried.</param>
    /// <param name="keptFor">How long a client stays with its endpoint; zero for not at all.</param>
    /// <param name="policy">How requests are divided among ReplicaSets.</param>
    /// <param name="mayWarmUp">Whether endpoints may be in their slow start.</param>
    public void Set(Endpoint[] open, RouteProtocol protocol, TimeSpan keptFor, TrafficPolicy policy, bool mayWarmUp) =>
        choice = new Choice(open, protocol, keptFor, policy, mayWarmUp);

    /// <summary>The clients that are kept to their endpoints.</summary>
    public ValueList<KeptClient> Clients() =>
    [
        .. affinity.All(choice.KeptFor).Select(one =>
            new KeptClient(one.Client.ToString(), one.Endpoint.Route.Pod, one.Endpoint.Route.Address, one.Endpoint.Route.Port, one.Silent.TotalSeconds)),
    ];

    /// <summary>Keeps clients to the endpoints that another gateway, or this one in an earlier life, sent them to; those that are gone find another.</summary>
    public void Restore(IEnumerable<KeptClient> clients, Func<KeptClient, Endpoint?> find)
    {
        foreach (KeptClient known in clients)
        {
            if (IPAddress.TryParse(known.Client, out IPAddress? client) && find(known) is { } endpoint)
            {
                affinity.Keep(client, endpoint, choice.KeptFor, TimeSpan.FromSeconds(known.SilentSeconds));
            }
        }
    }

    /// <summary>Enters an endpoint, those that cannot be connected to last. Null when there is none that was not tried yet. The caller leaves it.</summary>
    /// <param name="request">What decides.</param>
    /// <param name="tried">Endpoints that could not be connected to for this very request, in the order in which they were tried.</param>
    public Endpoint? Enter(in RequestTraits request, IReadOnlyList<Endpoint> tried)
    {
        while (true)
        {
            Choice now = choice;
            Endpoint? endpoint = Pick(now, request, tried);
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

    private Endpoint? Pick(Choice now, in RequestTraits request, IReadOnlyList<Endpoint> tried)
    {
        if (now.Policy.Rules.Count > 0 && request.Request is { } http)
        {
            foreach (string replicaSet in now.Policy.Demanded(http))
            {
                // The client's choice by the shares is left as it is.
                if (LeastLoaded(now, now.OfReplicaSet(replicaSet), tried) is { } demanded)
                {
                    return demanded;
                }
            }
        }

        if (now.KeptFor == TimeSpan.Zero)
        {
            return PickByShares(now, tried);
        }

        Endpoint? endpoint = affinity.Find(request.Client, now.KeptFor);
        if (endpoint is null || endpoint.IsLeftOut || tried.Contains(endpoint) || !now.Open.Contains(endpoint) || !now.MayKeep(endpoint))
        {
            endpoint = PickByShares(now, tried);
        }

        if (endpoint is not null)
        {
            affinity.Keep(request.Client, endpoint, now.KeptFor);
        }

        return endpoint;
    }

    /// <summary>A request takes one turn: what could not be connected to is tried again elsewhere in the same ReplicaSet.</summary>
    private Endpoint? PickByShares(Choice now, IReadOnlyList<Endpoint> tried)
    {
        if (now.Groups.Length == 0)
        {
            return LeastLoaded(now, now.Open, tried);
        }

        if (tried.Count > 0 && now.OfReplicaSet(tried[^1].Route.ReplicaSet) is { Length: > 0 } same && LeastLoaded(now, same, tried) is { } sibling)
        {
            return sibling;
        }

        bool[] canTake = new bool[now.Groups.Length];
        for (int i = 0; i < canTake.Length; i++)
        {
            canTake[i] = now.Groups[i].Any(endpoint => tried.Count == 0 || !tried.Contains(endpoint));
        }

        int next = now.Policy.Rotation!.Next(canTake);
        return LeastLoaded(now, next >= 0 ? now.Groups[next] : now.Open, tried);
    }

    private Endpoint? LeastLoaded(Choice now, Endpoint[] open, IReadOnlyList<Endpoint> tried) => leastRequests.Pick(open, tried, now.MayWarmUp);

    /// <summary>What is chosen from. Terminating endpoints, open when no other is, are divided by no shares.</summary>
    private sealed class Choice(Endpoint[] open, RouteProtocol protocol, TimeSpan keptFor, TrafficPolicy policy, bool mayWarmUp)
    {
        public Endpoint[] Open => open;

        public RouteProtocol Protocol => protocol;

        public TimeSpan KeptFor => keptFor;

        public TrafficPolicy Policy => policy;

        public bool MayWarmUp => mayWarmUp;

        /// <summary>The ready endpoints of each share, in the order of the shares; empty where there are no shares.</summary>
        public Endpoint[][] Groups { get; } = policy.Rotation is null ? [] : [.. policy.Rotation.Shares.Select(share => ReadyOf(open, share.ReplicaSet))];

        /// <summary>The ready endpoints of a ReplicaSet that the policy names.</summary>
        public Endpoint[] OfReplicaSet(string? replicaSet) => ReadyOf(open, replicaSet);

        /// <summary>A client stays while its endpoint's ReplicaSet has a share, or when no share has an endpoint.</summary>
        public bool MayKeep(Endpoint endpoint) =>
            policy.HasShare(endpoint.Route.ReplicaSet) || !Array.Exists(open, other => policy.HasShare(other.Route.ReplicaSet) && other.Route.Ready);

        private static Endpoint[] ReadyOf(Endpoint[] open, string? replicaSet) =>
            Array.FindAll(open, endpoint => endpoint.Route.Ready && endpoint.Route.ReplicaSet == replicaSet && replicaSet is not null);
    }
}
