using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>What a canary's steps come to at one of them: the last of each kind up to and with it counts (Argo Rollouts: canary steps).</summary>
internal static class CanarySteps
{
    /// <summary>Per mille of the requests that the steps ask for: 333 at a <c>setWeight: 33.3</c>, and until the next; 0 before the first.</summary>
    public static int WeightPerMille(CanaryStrategy canary, int step) =>
        UpTo(canary, step).LastOrDefault(item => item.SetWeight is not null)?.SetWeight is { } weight ? (int)(weight * 10) : 0;

    /// <summary>
    /// How many pods the canary has: <c>setCanaryScale</c>'s, or what the weight needs, rounded up. Of 10 replicas: 25% is 3, 50% is 5; <c>setCanaryScale: {weight: 15}</c>
    /// is 2, whatever the weight.
    /// </summary>
    public static int Size(CanaryStrategy canary, int step, int replicas) =>
        UpTo(canary, step).LastOrDefault(item => item.SetCanaryScale is not null)?.SetCanaryScale switch
        {
            { Replicas: { } count } => count,
            { Weight: { } percent } => Share(replicas, percent * 10),
            _ => Share(replicas, WeightPerMille(canary, step)),
        };

    /// <summary>
    /// The weight that applies now. It rises to what the step asks for only when all of the canary's pods are there, and falls with them: 50% with 5 pods is 400 per mille
    /// while 4 of them are left, and 500 again once the fifth is back.
    /// </summary>
    /// <param name="applied">What applies so far.</param>
    /// <param name="asked">What the step asks for.</param>
    /// <param name="available">The canary's available pods, no more than its size.</param>
    /// <param name="size">How many it is to have.</param>
    public static int Applied(int applied, int asked, int available, int size) => available == 0 ? 0
        : available >= size ? asked
        : Math.Min(applied, (int)((long)asked * available / size));

    /// <summary>The header routes that are set, in the order in which they were; one without a match has taken its namesake away.</summary>
    public static ValueList<HeaderRoute> HeaderRoutes(CanaryStrategy canary, int step, string replicaSet)
    {
        List<HeaderRouteStep> routes = [];
        foreach (HeaderRouteStep route in UpTo(canary, step).Select(item => item.SetHeaderRoute).OfType<HeaderRouteStep>())
        {
            routes.RemoveAll(known => known.Name == route.Name);
            if (!route.Match.IsEmpty)
            {
                routes.Add(route);
            }
        }

        return [.. routes.Select(route => new HeaderRoute { ReplicaSet = replicaSet, Match = [.. route.Match.Select(MatchOf)] })];
    }

    private static IEnumerable<CanaryStep> UpTo(CanaryStrategy canary, int step) => canary.Steps.Take(step + 1);

    private static int Share(int replicas, int perMille) => (int)(((long)replicas * perMille + TrafficShare.Whole - 1) / TrafficShare.Whole);

    private static HeaderMatch MatchOf(HeaderRouteMatch match)
    {
        StringMatch value = match.HeaderValue ?? match.CookieValue ?? new StringMatch();
        return new HeaderMatch { Header = match.HeaderName, Cookie = match.CookieName, Exact = value.Exact, Prefix = value.Prefix, Regex = value.Regex };
    }
}
