using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Policies;

/// <summary>Which policy a Deployment has: the most specific one that is for it.</summary>
/// <param name="Candidates">Those of the highest rank: none, the one, or several, which is an error.</param>
public sealed record PolicyChoice(ValueList<RolloutPolicy> Candidates)
{
    /// <summary>The condition of a Deployment that several policies of one rank are for.</summary>
    public const string ConflictType = "PolicyConflict";

    /// <summary>No policy at all.</summary>
    public static PolicyChoice None { get; } = new(default(ValueList<RolloutPolicy>));

    /// <summary>The one; null when there is none, or more than one.</summary>
    public RolloutPolicy? Policy => Candidates.Count == 1 ? Candidates[0] : null;

    /// <summary>Whether there is more than one: then nothing rolls until that is mended.</summary>
    public bool IsConflict => Candidates.Count > 1;

    /// <summary>Rolled back on failure unless the policy says otherwise.</summary>
    public bool RollsBackOnFailure => Policy?.Spec.RollbackOnFailure ?? true;

    /// <summary>Why nothing rolls, in a conflict.</summary>
    public string ConflictMessage =>
        $"the policies {string.Join(", ", Candidates.Select(policy => policy.Name))} are for this Deployment alike: only one may be the most specific";

    /// <summary>The choice among the policies of the Deployment's namespace, in the order of their names: targetRef over selector over <c>{}</c>.</summary>
    public static PolicyChoice Of(Deployment deployment, IEnumerable<RolloutPolicy> policies)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(policies);
        List<RolloutPolicy> best = [];
        int rank = 1;
        foreach (RolloutPolicy policy in policies.Where(policy => !policy.Metadata.IsDeleting && policy.Namespace == deployment.Namespace))
        {
            int own = RankOf(policy.Spec, deployment);
            if (own > rank)
            {
                best.Clear();
                rank = own;
            }

            if (own == rank)
            {
                best.Add(policy);
            }
        }

        best.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return best.Count == 0 ? None : new PolicyChoice(best.ToValueList());
    }

    /// <summary>3 for a targetRef, 2 for a selector, 1 for one that selects all, 0 for a policy that is not for the Deployment.</summary>
    private static int RankOf(RolloutPolicySpec spec, Deployment deployment) => spec switch
    {
        { TargetRef: { } target } => target.Name == deployment.Name ? 3 : 0,
        { Selector: { } selector } when !selector.Matches(deployment.Metadata.Labels) => 0,
        { Selector: { } selector } => selector.MatchLabels.IsEmpty && selector.MatchExpressions.IsEmpty ? 1 : 2,
        _ => 0,
    };
}
