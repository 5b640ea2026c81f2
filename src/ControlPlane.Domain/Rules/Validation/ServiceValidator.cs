using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Domain.Rules.Defaults;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Services (Kubernetes: core validation, ValidateService), after defaults.</summary>
internal sealed class ServiceValidator : AbstractValidator<Service>
{
    public ServiceValidator()
    {
        RuleFor(service => service.Metadata).SetValidator(new ObjectMetaValidator(Names.ServiceName, isNamespaced: true));
        RuleFor(service => service.Metadata.Annotations).Check(annotations => TimeProblem(annotations, SlowStart.Annotation));
        RuleFor(service => service.Metadata.Annotations).Check(annotations => TimeProblem(annotations, Draining.TimeoutAnnotation));
        RuleFor(service => service.Spec).SetValidator(new ServiceSpecValidator());
    }

    private static FieldProblem? TimeProblem(ValueMap<string> annotations, string name) => annotations[name] is { } text && ServiceTime.Parse(text) is null
        ? FieldProblem.Invalid(text, $"must be seconds or a duration such as 30s or 1m30s, at most {Duration.Format(ServiceTime.Max)}").On(name)
        : null;

    public static IEnumerable<FieldError> ErrorsOfUpdate(Service updated, Service stored)
    {
        if (stored.Spec.ClusterIP is { } before && updated.Spec.ClusterIP != before)
        {
            yield return updated.Spec.ClusterIP is null
                ? ImmutableFields.Error("spec.clusterIPs[0]", FieldProblem.Invalid(updated.Spec.ClusterIPs, "primary clusterIP can not be unset"))
                : ImmutableFields.Error("spec.clusterIPs[0]", FieldProblem.Invalid(updated.Spec.ClusterIPs, "may not change once set"));
        }
    }
}

internal sealed class ServiceSpecValidator : AbstractValidator<ServiceSpec>
{
    private const int AffinityTimeoutSecondsMax = 86400;

    public ServiceSpecValidator()
    {
        RuleFor(spec => spec.Type).OneOf("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        RuleFor(spec => spec.SessionAffinity).OneOf("ClientIP", "None");
        RuleFor(spec => spec.SessionAffinityConfig).CheckWith((spec, config) => config is not null && spec.SessionAffinity == ServiceDefaults.AffinityNone
            ? FieldProblem.Forbidden($"must not be set when session affinity is {ServiceDefaults.AffinityNone}")
            : null);
        RuleFor(spec => spec).Check(spec => spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds and (<= 0 or > AffinityTimeoutSecondsMax)
            ? FieldProblem.Invalid(seconds, $"must be greater than 0 and less than {AffinityTimeoutSecondsMax}") with
            {
                At = ".sessionAffinityConfig.clientIP.timeoutSeconds",
            }
            : null);
        RuleFor(spec => spec.Selector).CheckAll(ObjectMetaValidator.Labels);
        RuleFor(spec => spec).CheckAll(ClusterIPs);
        RuleFor(spec => spec.Ports).CheckWith((spec, ports) =>
            ports.IsEmpty && spec.ClusterIP != ServiceSpec.Headless && spec.Type != "ExternalName" ? FieldProblem.Required() : null);
        RuleFor(spec => spec.Ports).CheckAll(Duplicates);
        RuleFor(spec => spec).CheckAll(NodePorts);
        RuleFor(spec => spec).CheckAll(NamesOfPorts);
        RuleForEach(spec => spec.Ports).SetValidator(new ServicePortValidator());
    }

    private static IEnumerable<FieldProblem> ClusterIPs(ServiceSpec spec)
    {
        if (!spec.ClusterIPs.IsEmpty && spec.ClusterIPs[0] != spec.ClusterIP)
        {
            yield return FieldProblem.Invalid(spec.ClusterIPs, "first value must match `clusterIP`") with { At = ".clusterIPs" };
        }

        if (spec.ClusterIPs.Count > 1)
        {
            yield return FieldProblem.Invalid(spec.ClusterIPs, "may specify no more than one IP for single-stack services") with { At = ".clusterIPs" };
        }

        if (spec.ClusterIP is null)
        {
            yield break;
        }

        if (spec.ClusterIP == ServiceSpec.Headless)
        {
            if (spec.Type == ServiceDefaults.NodePort)
            {
                yield return FieldProblem.Invalid(ServiceSpec.Headless, "may not be set to 'None' for NodePort services") with { At = ".clusterIPs[0]" };
            }
        }
        else if (EndpointAddresses.Problem(spec.ClusterIP) is { } problem)
        {
            yield return problem with { At = ".clusterIPs[0]" };
        }
    }

    private static IEnumerable<FieldProblem> Duplicates(ValueList<ServicePort> ports)
    {
        for (int i = 0; i < ports.Count; i++)
        {
            ServicePort port = ports[i];
            ServicePort[] before = [.. ports.Take(i)];
            if (before.Any(other => other.Port == port.Port && other.Protocol == port.Protocol))
            {
                yield return FieldProblem.Duplicate(new ServicePort { Protocol = port.Protocol, Port = port.Port }) with { At = $"[{i}]" };
            }

            if (port.NodePort is { } number && before.Any(other => other.NodePort == number && other.Protocol == port.Protocol))
            {
                yield return FieldProblem.Duplicate(number) with { At = $"[{i}].nodePort" };
            }

            if (port.Name is { } name && before.Any(other => other.Name == name))
            {
                yield return FieldProblem.Duplicate(name) with { At = $"[{i}].name" };
            }
        }
    }

    private static IEnumerable<FieldProblem> NodePorts(ServiceSpec spec) => spec.Type is ServiceDefaults.NodePort or "LoadBalancer"
        ? []
        : Enumerable.Range(0, spec.Ports.Count).Where(i => spec.Ports[i].NodePort is not null)
            .Select(i => FieldProblem.Forbidden($"may not be used when `type` is '{spec.Type}'") with { At = $".ports[{i}].nodePort" });

    private static IEnumerable<FieldProblem> NamesOfPorts(ServiceSpec spec) => spec.Ports.Count < 2
        ? []
        : Enumerable.Range(0, spec.Ports.Count).Where(i => spec.Ports[i].Name is null).Select(i => FieldProblem.Required() with { At = $".ports[{i}].name" });
}

internal sealed class ServicePortValidator : AbstractValidator<ServicePort>
{
    public ServicePortValidator()
    {
        RuleFor(port => port.Name).Check(name => name is not null && Names.DnsLabel(name) is { } problem ? FieldProblem.Invalid(name, problem) : null);
        RuleFor(port => port.Protocol).OneOf("SCTP", "TCP", "UDP");
        RuleFor(port => port.Port).Check(port => Names.Port(port) is { } problem ? FieldProblem.Invalid(port, problem) : null);
        RuleFor(port => port.NodePort).Check(port => port is { } number && Names.Port(number) is { } problem ? FieldProblem.Invalid(number, problem) : null);
        RuleFor(port => port.TargetPort).Check(Target);
        RuleFor(port => port.AppProtocol).Check(name =>
            !string.IsNullOrEmpty(name) && Names.QualifiedName(name) is { } problem ? FieldProblem.Invalid(name, problem) : null);
    }

    private static FieldProblem? Target(IntOrString? target) => target switch
    {
        { IsNumber: true, Number: var number } when Names.Port(number) is { } problem => FieldProblem.Invalid(number, problem),
        { Text: { } name } when Names.PortName(name) is { } problem => FieldProblem.Invalid(name, problem),
        _ => null,
    };
}
