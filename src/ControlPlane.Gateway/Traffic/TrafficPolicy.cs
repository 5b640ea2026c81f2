using ControlPlane.Domain.Routing;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Gateway.Traffic;

/// <summary>How a Service's requests are divided among ReplicaSets: its shares and header routes, for all of its ports.</summary>
/// <param name="Rotation">Null when all ready endpoints are alike.</param>
/// <param name="Rules">The first that holds wins over the shares.</param>
internal sealed record TrafficPolicy(ShareRotation? Rotation, IReadOnlyList<HeaderRule> Rules)
{
    public static readonly TrafficPolicy None = new(Rotation: null, []);

    /// <summary>A new table's policy of a Service, which goes on where the last one was.</summary>
    /// <param name="service">As the table has it.</param>
    /// <param name="before">The Service's policy until now.</param>
    /// <param name="refused">Called with why a header route cannot be used; it holds for nothing then.</param>
    public static TrafficPolicy Of(ServiceRoute service, TrafficPolicy before, Action<string> refused)
    {
        if (service.Shares.IsEmpty && service.HeaderRoutes.IsEmpty)
        {
            return None;
        }

        List<HeaderRule> rules = [];
        foreach (HeaderRoute route in service.HeaderRoutes)
        {
            try
            {
                rules.Add(HeaderRule.Compile(route));
            }
            catch (ArgumentException unusable)
            {
                refused(unusable.Message);
            }
        }

        return new TrafficPolicy(service.Shares.IsEmpty ? null : new ShareRotation(service.Shares, before.Rotation), rules);
    }

    /// <summary>Whether clients may be kept to the pods of a ReplicaSet.</summary>
    public bool HasShare(string? replicaSet) => Rotation is null || Rotation.Shares.Any(share => share.ReplicaSet == replicaSet && share.PerMille > 0);

    /// <summary>The ReplicaSets that header routes send a request to, the first first.</summary>
    public IEnumerable<string> Demanded(HttpRequest request) => Rules.Where(rule => rule.Holds(request)).Select(rule => rule.ReplicaSet);
}
