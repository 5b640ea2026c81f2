using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Using;

namespace ControlPlane.Simulation.Nodes;

/// <summary>
/// What one gateway's clients see, in seeds that judge releases: their requests are divided by shares and header routes, some fail, and what became of them is counted as the gateway reports it. In
/// all others every ready endpoint is alike, and nothing is counted.
/// </summary>
internal sealed class SimulatedClients(Simulation simulation)
{
    private const double Testers = 0.1;
    private const double FailureRate = 0.5;

    /// <summary>The bucket of 10 ms: how long answers take is not simulated.</summary>
    private static readonly int Bucket = TrafficFigures.LatencyBounds.ToList().IndexOf(10);

    private readonly SortedDictionary<(Guid Service, Guid Pod), (string ReplicaSet, long Requests, long Failures)> counts = [];

    private Dice Dice => simulation.Mixture.Judging;

    /// <summary>Since the gateway began.</summary>
    public ValueList<TrafficFigures> Figures => [.. counts.Select(count => new TrafficFigures
    {
        Service = count.Key.Service,
        Pod = count.Key.Pod,
        ReplicaSet = count.Value.ReplicaSet,
        Requests = count.Value.Requests,
        Failures = count.Value.Failures,
        Latency = [.. TrafficFigures.LatencyBounds.Select((_, i) => i == Bucket ? count.Value.Requests : 0), 0],
    })];

    /// <summary>Those of the ready endpoints that the next request may go to.</summary>
    public RouteEndpoint[] Divide(ServiceRoute service, RouteEndpoint[] ready)
    {
        if (!simulation.Mixture.JudgesReleases || ready.Length == 0)
        {
            return ready;
        }

        if (Dice.Chance(Testers) && service.HeaderRoutes.Select(route => Of(route.ReplicaSet)).FirstOrDefault(own => own.Length > 0) is { } demanded)
        {
            return demanded;
        }

        // As the product's gateway: a share that has no ready endpoint falls to the others in proportion.
        TrafficShare[] shares = [.. service.Shares.Where(share => share.PerMille > 0 && Of(share.ReplicaSet).Length > 0)];
        int drawn = Dice.Below(TrafficShare.Whole) * shares.Sum(share => share.PerMille) / TrafficShare.Whole;
        foreach (TrafficShare share in shares)
        {
            drawn -= share.PerMille;
            if (drawn < 0)
            {
                return Of(share.ReplicaSet);
            }
        }

        return ready;

        RouteEndpoint[] Of(string replicaSet) => [.. ready.Where(endpoint => endpoint.ReplicaSet == replicaSet)];
    }

    /// <summary>A request has ended: by its answer, or because the container has.</summary>
    public void Ended(Guid service, RouteEndpoint endpoint, bool isCut)
    {
        if (!simulation.Mixture.JudgesReleases)
        {
            return;
        }

        bool hasFailed = isCut || (IsFailing(endpoint) && Dice.Chance(FailureRate));
        (string _, long requests, long failures) = counts.GetValueOrDefault((service, endpoint.Pod));
        counts[(service, endpoint.Pod)] = (endpoint.ReplicaSet ?? "", requests + 1, failures + (hasFailed ? 1 : 0));
    }

    private bool IsFailing(RouteEndpoint endpoint) => simulation.Engines
        .SelectMany(engine => engine.Running)
        .Any(container => container.Identity.PodUid == endpoint.Pod.ToString() && Versions.IsFailing(container.Image));
}
