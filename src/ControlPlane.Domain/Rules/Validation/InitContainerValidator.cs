using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for an init container: those of a container, and what is for one that keeps running only where it does (Kubernetes: <c>validateInitContainers</c>).</summary>
internal sealed class InitContainerValidator : AbstractValidator<Container>
{
    private static readonly FieldProblem OnlyForOneThatRuns = FieldProblem.Forbidden("may not be set for init containers without restartPolicy=Always");

    public InitContainerValidator()
    {
        Include(new ContainerValidator());
        RuleFor(container => container.RestartPolicy)
            .Check(policy => string.IsNullOrEmpty(policy) || policy == "Always" ? null : FieldProblem.NotSupported(policy, "Always"));
        RuleFor(container => container.Lifecycle).CheckWith(NotSet);
        RuleFor(container => container.LivenessProbe).CheckWith(NotSet);
        RuleFor(container => container.ReadinessProbe).CheckWith(NotSet);
        RuleFor(container => container.StartupProbe).CheckWith(NotSet);
    }

    /// <summary>The names that an earlier init container, or any of the others, has already.</summary>
    public static IEnumerable<FieldProblem> UniqueNames(ValueList<Container> initContainers, ValueList<Container> others)
    {
        HashSet<string> seen = [.. others.Select(container => container.Name)];
        return initContainers
            .Select((container, index) => container.Name.Length > 0 && !seen.Add(container.Name) ? FieldProblem.Duplicate(container.Name) with { At = $"[{index}].name" } : null)
            .OfType<FieldProblem>();
    }

    private static FieldProblem? NotSet(Container container, object? value) => value is null || container.IsSidecar() ? null : OnlyForOneThatRuns;
}
