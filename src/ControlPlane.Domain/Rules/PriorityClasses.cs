using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules.Validation;

namespace ControlPlane.Domain.Rules;

/// <summary>The priority classes there are: Kubernetes' two system classes. Any other priority is given as a number.</summary>
internal static class PriorityClasses
{
    /// <summary>The highest priority that is not a system class's (Kubernetes: HighestUserDefinablePriority).</summary>
    public const int UserPriorityMax = 1_000_000_000;

    private static readonly Dictionary<string, int> Values = new(StringComparer.Ordinal)
    {
        ["system-cluster-critical"] = 2_000_000_000,
        ["system-node-critical"] = 2_000_001_000,
    };

    /// <summary>A pod's priority: what it says, else its class's; null where it says neither.</summary>
    public static int? PriorityOf(PodSpec spec) => spec.Priority ?? Find(spec.PriorityClassName);

    public static FieldProblem? ProblemOfName(string? name) => string.IsNullOrEmpty(name) || Values.ContainsKey(name)
        ? null
        : FieldProblem.Invalid(name, $"no PriorityClass with name {name} was found; there are {string.Join(" and ", Values.Keys)}, and priority takes any number instead");

    public static FieldProblem? ProblemOfValue(PodSpec spec, int? priority) => Find(spec.PriorityClassName) switch
    {
        { } value when priority is not null && priority != value => FieldProblem.Forbidden(
            $"the integer value of priority ({priority}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"),
        null when priority > UserPriorityMax => FieldProblem.Invalid(priority, $"must be less than or equal to {UserPriorityMax}"),
        _ => null,
    };

    private static int? Find(string? name) => Values.TryGetValue(name ?? "", out int value) ? value : null;
}
