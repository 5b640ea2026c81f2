using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what a pod runs, in a pod or a template.</summary>
internal sealed class PodSpecValidator : AbstractValidator<PodSpec>
{
    public PodSpecValidator()
    {
        RuleFor(spec => spec.Containers).Check(containers => containers.IsEmpty ? FieldProblem.Required() : null);
        RuleForEach(spec => spec.Containers).SetValidator(new ContainerValidator());
        RuleFor(spec => spec.Containers).CheckAll(UniqueNames);
        RuleFor(spec => spec.Containers).CheckAll(UniqueHostPorts);
        RuleForEach(spec => spec.InitContainers).SetValidator(new InitContainerValidator());
        RuleFor(spec => spec.InitContainers).CheckAllWith((spec, containers) => InitContainerValidator.UniqueNames(containers, spec.Containers));
        RuleFor(spec => spec.Containers).CheckAllWith((spec, containers) => containers.SelectMany((container, index) =>
            LifecycleRules.Errors(container.Lifecycle, spec.TerminationGracePeriodSeconds).Select(problem => problem.Under($"[{index}].lifecycle"))));
        RuleForEach(spec => spec.Volumes).SetValidator(new VolumeValidator());
        RuleFor(spec => spec.Volumes).CheckAll(UniqueVolumeNames);
        RuleFor(spec => spec.InitContainers).CheckAllWith(Mounts);
        RuleFor(spec => spec.Containers).CheckAllWith(Mounts);
        RuleFor(spec => spec.RestartPolicy).OneOf("Always", "OnFailure", "Never");
        RuleFor(spec => spec.TerminationGracePeriodSeconds).AtLeastZero();
        RuleFor(spec => spec.SecurityContext!).SetValidator(new PodSecurityContextValidator());
        RuleFor(spec => spec.InitContainers).CheckAllWith((spec, containers) => HostNetworkRules.Ports(spec, containers));
        RuleFor(spec => spec.Containers).CheckAllWith((spec, containers) => HostNetworkRules.Ports(spec, containers));
        RuleFor(spec => spec.DnsPolicy).OneOf("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        RuleFor(spec => spec.DnsConfig).CheckAllWith((spec, config) => DnsRules.Errors(config, spec.DnsPolicy));
        RuleFor(spec => spec.HostAliases).CheckAll(DnsRules.Errors);
        RuleFor(spec => spec.Subdomain).Check(name => Given(name, Names.DnsLabel));
        RuleFor(spec => spec.NodeSelector).CheckAll(ObjectMetaValidator.Labels);
        RuleFor(spec => spec.NodeName).Check(name => Given(name, Names.DnsSubdomain));
        RuleFor(spec => spec.ServiceAccountName).Check(name => Given(name, Names.DnsSubdomain));
        RuleFor(spec => spec.Hostname).Check(name => Given(name, Names.DnsLabel));
        RuleForEach(spec => spec.ImagePullSecrets)
            .Check(secret => string.IsNullOrEmpty(secret.Name) ? FieldProblem.Required() with { At = ".name" } : null);
        RuleForEach(spec => spec.Tolerations).CheckAll(Toleration);
        RuleFor(spec => spec.Affinity!).SetValidator(new AffinityValidator());
        RuleFor(spec => spec.PriorityClassName).Check(PriorityClasses.ProblemOfName);
        RuleFor(spec => spec.Priority).CheckWith(PriorityClasses.ProblemOfValue);
        RuleForEach(spec => spec.TopologySpreadConstraints).SetValidator(new TopologySpreadConstraintValidator());
        RuleFor(spec => spec.TopologySpreadConstraints).CheckAll(TopologySpreadConstraintValidator.Repeated);
    }

    /// <summary>The problem of an optional text.</summary>
    public static FieldProblem? Given(string? value, Func<string, string?> check) =>
        !string.IsNullOrEmpty(value) && check(value) is { } problem ? FieldProblem.Invalid(value, problem) : null;

    private static IEnumerable<FieldProblem> Mounts(PodSpec spec, ValueList<Container> containers) => containers.SelectMany((container, index) =>
        VolumeMountRules.Errors(container, spec).Select(problem => problem.Under($"[{index}].volumeMounts")));

    private static IEnumerable<FieldProblem> UniqueNames(ValueList<Container> containers) => Unique(containers.Select(container => container.Name));

    private static IEnumerable<FieldProblem> UniqueVolumeNames(ValueList<Volume> volumes) => Unique(volumes.Select(volume => volume.Name));

    private static IEnumerable<FieldProblem> Unique(IEnumerable<string> names)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        return names
            .Select((name, index) => name.Length > 0 && !seen.Add(name) ? FieldProblem.Duplicate(name) with { At = $"[{index}].name" } : null)
            .OfType<FieldProblem>();
    }

    /// <summary>One port of the node can be given away once.</summary>
    private static IEnumerable<FieldProblem> UniqueHostPorts(ValueList<Container> containers)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < containers.Count; i++)
        {
            for (int j = 0; j < containers[i].Ports.Count; j++)
            {
                ContainerPort port = containers[i].Ports[j];
                string claim = $"{port.Protocol}/{port.HostIP}/{port.HostPort}";
                if (port.HostPort > 0 && !seen.Add(claim))
                {
                    yield return FieldProblem.Duplicate(claim) with { At = $"[{i}].ports[{j}].hostPort" };
                }
            }
        }
    }

    private static IEnumerable<FieldProblem> Toleration(Toleration toleration)
    {
        if (!string.IsNullOrEmpty(toleration.Key) && Names.QualifiedName(toleration.Key) is { } badKey)
        {
            yield return FieldProblem.Invalid(toleration.Key, badKey) with { At = ".key" };
        }

        if (string.IsNullOrEmpty(toleration.Key) && toleration.Operator != "Exists")
        {
            yield return FieldProblem.Invalid(
                toleration.Operator ?? "",
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"") with
            { At = ".operator" };
        }

        if (toleration.TolerationSeconds is not null && toleration.Effect != "NoExecute")
        {
            yield return FieldProblem.Invalid(toleration.Effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set") with { At = ".effect" };
        }

        if (toleration.Operator is not (null or "Equal" or "Exists"))
        {
            yield return FieldProblem.NotSupported(toleration.Operator, "Equal", "Exists") with { At = ".operator" };
        }

        if (toleration.Operator == "Exists" && !string.IsNullOrEmpty(toleration.Value))
        {
            yield return FieldProblem.Invalid(toleration.Value, "value must be empty when `operator` is 'Exists'") with { At = ".value" };
        }

        if (toleration.Effect is not (null or "NoSchedule" or "PreferNoSchedule" or "NoExecute"))
        {
            yield return FieldProblem.NotSupported(toleration.Effect, "NoSchedule", "PreferNoSchedule", "NoExecute") with { At = ".effect" };
        }
    }
}
