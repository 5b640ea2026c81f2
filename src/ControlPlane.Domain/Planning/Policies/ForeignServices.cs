using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Policies;

/// <summary>
/// A Service that a policy names divides its requests for the Deployments whose pods it selects, and for no others: a policy for a whole namespace may name a Service of one of them, whose
/// shares would else be overruled by the other's. (Argo Rollouts calls such a Rollout invalid, for it has a Service of its own for each; here its requests follow the numbers of pods.)
/// </summary>
public static class ForeignServices
{
    /// <summary>The blocker, and the condition of a policy, that says so.</summary>
    public const string Reason = "ServiceMismatch";

    /// <summary>Whether a Service selects the pods of a Deployment's template. The endpoints of one without a selector are written by somebody else, who may list them.</summary>
    public static bool IsOf(Service service, Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(deployment);
        return service.Spec.Selector.IsEmpty || new LabelSelector { MatchLabels = service.Spec.Selector }.Matches(deployment.Spec.Template.Metadata.Labels);
    }

    /// <summary>The Services that a policy names and that select none of a Deployment's pods. One that does not exist is not among them.</summary>
    internal static ValueList<string> Of(RolloutPolicySpec spec, Deployment deployment, Func<string, Service?>? serviceOf) =>
        [.. SharedServices.NamedBy(spec).Where(name => serviceOf?.Invoke(name) is { } service && !IsOf(service, deployment))];

    /// <summary>What is wrong with the Services that a policy names for its Deployments; null when nothing is.</summary>
    internal static string? ProblemOf(RolloutPolicySpec spec, Func<string, Service?> serviceOf, IReadOnlyCollection<Deployment> deployments)
    {
        string[] foreign =
        [
            .. from name in SharedServices.NamedBy(spec)
               let others = deployments.Where(deployment => serviceOf(name) is { } service && !IsOf(service, deployment)).Select(deployment => deployment.Name).ToArray()
               where others.Length > 0
               select $"Service {name} selects no pods of {SharedServices.Listed(others)}",
        ];
        return foreign.Length == 0 ? null : $"{string.Join("; ", foreign)}: its requests are not divided for them, and theirs follow the numbers of pods";
    }
}
