using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning;

/// <summary>The conditions of Deployments and ReplicaSets, and how they change.</summary>
internal static class WorkloadConditions
{
    public const string Available = "Available";
    public const string Progressing = "Progressing";
    public const string ReplicaFailure = "ReplicaFailure";

    public static ValueList<Condition> Without(ValueList<Condition> conditions, string type) =>
        Conditions.Find(conditions, type) is null ? conditions : conditions.Where(condition => condition.Type != type).ToValueList();

    /// <summary>
    /// The list with the condition in it. One with the same status and reason stays as it is, times and message included; one with
    /// the same status keeps its transition time (Kubernetes: deployment conditions).
    /// </summary>
    public static ValueList<Condition> With(ValueList<Condition> conditions, Condition condition)
    {
        Condition? current = Conditions.Find(conditions, condition.Type);
        if (current is not null && current.Status == condition.Status)
        {
            if (current.Reason == condition.Reason)
            {
                return conditions;
            }

            condition = condition with { LastTransitionTime = current.LastTransitionTime };
        }

        return Without(conditions, condition.Type).Add(condition);
    }
}
