using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a container.</summary>
internal sealed class ContainerValidator : AbstractValidator<Container>
{
    public ContainerValidator()
    {
        RuleFor(container => container.Name)
            .Check(name => name.Length == 0 ? FieldProblem.Required() : PodSpecValidator.Given(name, Names.DnsLabel));
        RuleFor(container => container.Image).Check(Image);
        RuleFor(container => container.ImagePullPolicy).OneOf("Always", "IfNotPresent", "Never");
        RuleFor(container => container.TerminationMessagePolicy).OneOf("FallbackToLogsOnError", "File");
        RuleForEach(container => container.Ports).SetValidator(new ContainerPortValidator());
        RuleFor(container => container.Ports).CheckAll(UniquePortNames);
        RuleForEach(container => container.EnvFrom).SetValidator(new EnvFromSourceValidator());
        RuleForEach(container => container.Env).SetValidator(new EnvVarValidator());
        RuleFor(container => container.Resources!).SetValidator(new ResourceRequirementsValidator());
        RuleFor(container => container.LivenessProbe!).SetValidator(new ProbeValidator(mustSucceedOnce: true));
        RuleFor(container => container.ReadinessProbe!).SetValidator(new ProbeValidator(mustSucceedOnce: false));
        RuleFor(container => container.StartupProbe!).SetValidator(new ProbeValidator(mustSucceedOnce: true));
        RuleFor(container => container.SecurityContext!).SetValidator(new SecurityContextValidator());
    }

    /// <summary>
    /// Kubernetes refuses surrounding white space only, and the pod then waits for ever with InvalidImageName. What Docker could never pull
    /// is refused at once here.
    /// </summary>
    private static FieldProblem? Image(string? image) =>
        string.IsNullOrEmpty(image) ? FieldProblem.Required()
        : image.Trim() != image ? FieldProblem.Invalid(image, "must not have leading or trailing whitespace")
        : ImageReference.Parse(image) is null ? FieldProblem.Invalid(
            image,
            "not an image that could be pulled: must be [registry[:port]/]name[:tag][@digest] with the name in lower case (e.g. 'nginx:1.27', "
            + "or 'registry.example.com:5000/team/web@sha256:…')")
        : null;

    private static IEnumerable<FieldProblem> UniquePortNames(ValueList<ContainerPort> ports)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < ports.Count; i++)
        {
            if (!string.IsNullOrEmpty(ports[i].Name) && !seen.Add(ports[i].Name!))
            {
                yield return FieldProblem.Duplicate(ports[i].Name) with { At = $"[{i}].name" };
            }
        }
    }
}

internal sealed class ContainerPortValidator : AbstractValidator<ContainerPort>
{
    public ContainerPortValidator()
    {
        RuleFor(port => port.Name).Check(name => PodSpecValidator.Given(name, Names.PortName));
        RuleFor(port => port).Check(port => (port.Number == 0 ? FieldProblem.Required() : Problem(port.Number)) is { } problem
            ? problem with { At = ".containerPort" }
            : null);
        RuleFor(port => port.HostPort).Check(port => port is null ? null : Problem(port.Value));
        RuleFor(port => port.Protocol).OneOf("SCTP", "TCP", "UDP");
    }

    private static FieldProblem? Problem(int port) => Names.Port(port) is { } problem ? FieldProblem.Invalid(port, problem) : null;
}

internal sealed class EnvVarValidator : AbstractValidator<EnvVar>
{
    public EnvVarValidator()
    {
        RuleFor(variable => variable.Name)
            .Check(name => name.Length == 0 ? FieldProblem.Required() : PodSpecValidator.Given(name, Names.EnvironmentVariable));
        RuleFor(variable => variable.ValueFrom).CheckWith((variable, source) => source is null ? null : Source(source, variable.Value));
        RuleFor(variable => variable.ValueFrom).CheckAll(KeySelectorRules.Errors);
        RuleFor(variable => variable.ValueFrom).CheckAll(source => source?.FieldRef is { } field ? PodFields.Problems(field, PodFields.InVariables).Select(problem => problem.Under(".fieldRef")) : []);
        RuleFor(variable => variable.ValueFrom).CheckAll(source => source?.ResourceFieldRef is { } resource
            ? ContainerResourceFields.Problems(resource, mustNameContainer: false).Select(problem => problem.Under(".resourceFieldRef"))
            : []);
    }

    private static FieldProblem? Source(EnvVarSource source, string? value)
    {
        int sources = new object?[] { source.FieldRef, source.ResourceFieldRef, source.ConfigMapKeyRef, source.SecretKeyRef, source.FileKeyRef }
            .Count(given => given is not null);
        return sources switch
        {
            0 => FieldProblem.Invalid("", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"),
            > 1 => FieldProblem.Invalid("", "may not have more than one field specified at a time"),
            _ => string.IsNullOrEmpty(value) ? null : FieldProblem.Invalid("", "may not be specified when `value` is not empty"),
        };
    }
}
