using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Reading and writing conditions by their type.</summary>
public static class Conditions
{
    public const string Ready = "Ready";

    /// <summary>Whether a node's agent reports and says that it can run pods.</summary>
    public static bool IsReady(this Node node) => node.Status is { } status && Find(status.Conditions, Ready)?.Status == "True";

    public static Condition? Find(ValueList<Condition> conditions, string type)
    {
        foreach (Condition condition in conditions.AsSpan())
        {
            if (condition.Type == type)
            {
                return condition;
            }
        }

        return null;
    }

    /// <summary>The conditions with one set. Its transition time is kept when its status stays (Kubernetes API conventions, conditions).</summary>
    public static ValueList<Condition> With(ValueList<Condition> conditions, Condition condition)
    {
        for (int i = 0; i < conditions.Count; i++)
        {
            if (conditions[i].Type == condition.Type)
            {
                DateTimeOffset? since = conditions[i].Status == condition.Status ? conditions[i].LastTransitionTime : condition.LastTransitionTime;
                return conditions.SetItem(i, condition with { LastTransitionTime = since });
            }
        }

        return conditions.Add(condition);
    }
}
