using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;
using KeptRoutes = ControlPlane.Gateway.Control.KeptRoutes;

namespace ControlPlane.Simulation.Checking;

/// <summary>
/// A gateway sends requests where the release on record sent them at the revision of the table that it acts on: so from the first table on that is as new as an abort, none go to what was given up. Only where nothing that is to get
/// requests is ready may any other be chosen, for never is traffic sent to nothing. What a table says is looked at in every seed, each choice in those whose gateways divide requests.
/// </summary>
internal sealed class ChoiceRule(Simulation simulation)
{
    /// <summary>Of each record, by its name: what it said from a revision on; null from where it was gone.</summary>
    private readonly SortedDictionary<string, List<(long Revision, RolloutStateSpec? Spec)>> records = new(StringComparer.Ordinal);

    public void Note(Change change, RolloutState state)
    {
        if (!records.TryGetValue(state.Name, out List<(long, RolloutStateSpec?)>? said))
        {
            records[state.Name] = said = [];
        }

        said.Add((change.Revision, change.Operation == ChangeOperation.Deleted ? null : state.Spec));
    }

    public void Forget() => records.Clear();

    /// <summary>Whatever request may come next: a table divides each Service's requests as the record did at the table's revision.</summary>
    public void CheckTable(string node, RouteTable table)
    {
        foreach (ServiceRoute service in simulation.WasRestored ? [] : KeptRoutes.Effective(table))
        {
            if (DividedAt(table.Revision, service.Name) is { } spec && spec.Traffic.First(item => item.Service == service.Name) is var traffic
                && (traffic.Shares != service.Shares || traffic.HeaderRoutes != service.HeaderRoutes))
            {
                simulation.Trace.Break($"the gateway of {node} divides the requests of {service.Name} by its table of revision {table.Revision} as {string.Join(", ", service.Shares)}, when {spec.Canary} was {spec.Phase} and the record said {string.Join(", ", traffic.Shares)}");
            }
        }
    }

    /// <param name="node">Whose gateway it is.</param>
    /// <param name="table">What it acts on.</param>
    /// <param name="service">The Service of the request.</param>
    /// <param name="open">Where the request could go.</param>
    /// <param name="chosen">Where it goes.</param>
    public void Check(string node, RouteTable table, ServiceRoute service, IReadOnlyList<RouteEndpoint> open, RouteEndpoint chosen)
    {
        // Tables of a store that was replaced are kept until a person decides.
        if (!simulation.Mixture.JudgesReleases || simulation.WasRestored || DividedAt(table.Revision, service.Name) is not { } spec)
        {
            return;
        }

        ServiceTraffic traffic = spec.Traffic.First(item => item.Service == service.Name);
        HashSet<string?> due = [.. traffic.Shares.Where(share => share.PerMille > 0).Select(share => share.ReplicaSet), .. traffic.HeaderRoutes.Select(route => route.ReplicaSet)];
        if (due.Count > 0 && !due.Contains(chosen.ReplicaSet) && open.Any(endpoint => due.Contains(endpoint.ReplicaSet)))
        {
            simulation.Trace.Break($"the gateway of {node} sends a request to {chosen.PodName} of {chosen.ReplicaSet}, by its table of revision {table.Revision}: {spec.Canary} was {spec.Phase} by then, and {string.Join(", ", due)} gets the requests");
        }
    }

    /// <summary>What divided a Service's requests at a revision: of several records the first by name, as the product has it. Null when nothing did.</summary>
    private RolloutStateSpec? DividedAt(long revision, string service) => records.Values
        .Select(said => said.FindLast(entry => entry.Revision <= revision).Spec)
        .FirstOrDefault(spec => spec?.Traffic.Any(traffic => traffic.Service == service) == true);
}
