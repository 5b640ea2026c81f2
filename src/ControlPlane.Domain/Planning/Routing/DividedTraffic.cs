using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>Which of several canaries and blue-greens divides the requests of a Service.</summary>
public static class DividedTraffic
{
    /// <summary>
    /// The first by the name of its record, which does not change while it is there: shares of two Deployments cannot both hold, as each sums to all of the requests.
    /// Null when none divides them.
    /// </summary>
    /// <param name="service">The Service's name.</param>
    /// <param name="states">Those of the Service's namespace.</param>
    public static RolloutState? StateOf(string service, IEnumerable<RolloutState> states) => states
        .Where(state => state.Spec.Traffic.Any(traffic => traffic.Service == service))
        .MinBy(state => state.Name, StringComparer.Ordinal);
}
