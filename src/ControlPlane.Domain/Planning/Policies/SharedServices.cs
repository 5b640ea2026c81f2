using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Policies;

/// <summary>
/// A Service whose requests a policy divides is one Deployment's: shares are of one Deployment's ReplicaSets, so while it is on its way to a new revision, the pods of any other behind the same
/// Service get no requests, and of two on their way only one's shares hold.
/// </summary>
public static class SharedServices
{
    /// <summary>The blocker, and the condition of a policy, that says so.</summary>
    public const string Reason = "ServiceShared";

    /// <summary>Names that one message lists.</summary>
    private const int NamesMax = 5;

    /// <summary>The Deployments whose pods a Service selects, by their templates, in the order of their names; those that want no pods, or are on their way out, have none.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="deployments">All of its namespace.</param>
    public static ValueList<string> SelectedBy(Service service, IEnumerable<Deployment> deployments)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(deployments);
        if (service.Spec.Selector.IsEmpty)
        {
            return [];
        }

        LabelSelector selector = new() { MatchLabels = service.Spec.Selector };
        return
        [
            .. deployments
                .Where(deployment => deployment.Spec.Replicas != 0 && !deployment.Metadata.IsDeleting && selector.Matches(deployment.Spec.Template.Metadata.Labels))
                .Select(deployment => deployment.Name)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The Services that a policy's strategy names.</summary>
    public static IEnumerable<string> NamedBy(RolloutPolicySpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new[] { spec.Strategy?.Canary?.Service, spec.Strategy?.BlueGreen?.ActiveService, spec.Strategy?.BlueGreen?.PreviewService }
            .Where(name => !string.IsNullOrEmpty(name))
            .Select(name => name!)
            .Distinct(StringComparer.Ordinal);
    }

    /// <summary>What is wrong with a Service for a Deployment; null when its pods are all that the Service selects.</summary>
    internal static string? ProblemFor(Deployment deployment, string service, IEnumerable<string> selected)
    {
        string[] others = [.. selected.Where(name => name != deployment.Name)];
        return others.Length == 0
            ? null
            : $"Service {service} selects pods of {Listed(others)} too, which get no requests while this rollout divides them; give it a label of this Deployment alone";
    }

    /// <summary>What is wrong with the Services that a policy names; null when nothing is.</summary>
    internal static string? ProblemOf(RolloutPolicySpec spec, Func<string, Service?> serviceOf, IReadOnlyCollection<Deployment> deployments)
    {
        string[] shared =
        [
            .. from name in NamedBy(spec)
               let selected = serviceOf(name) is { } service ? SelectedBy(service, deployments) : []
               where selected.Count > 1
               select $"Service {name} selects pods of {Listed(selected)}",
        ];
        return shared.Length == 0 ? null : $"{string.Join("; ", shared)}: shares are of one Deployment's pods, and the others' get no requests while it rolls";
    }

    /// <summary>The first few of them.</summary>
    internal static string Listed(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(NamesMax)) + (names.Count > NamesMax ? $" and {names.Count - NamesMax} more" : "");
}
