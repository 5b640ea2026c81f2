using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Endpoints (Kubernetes: core validation, ValidateEndpoints).</summary>
internal sealed class EndpointsValidator : AbstractValidator<Endpoints>
{
    public EndpointsValidator()
    {
        RuleFor(endpoints => endpoints.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleForEach(endpoints => endpoints.Subsets).CheckAll(Problems);
    }

    private static IEnumerable<FieldProblem> Problems(EndpointSubset subset)
    {
        if (subset.Addresses.IsEmpty && subset.NotReadyAddresses.IsEmpty)
        {
            yield return FieldProblem.Required("must specify `addresses` or `notReadyAddresses`");
        }

        foreach ((string list, EndpointAddress address, int index) in subset.Addresses.Select((address, index) => (".addresses", address, index))
            .Concat(subset.NotReadyAddresses.Select((address, index) => (".notReadyAddresses", address, index))))
        {
            if (EndpointAddresses.Problem(address.Ip) is { } problem)
            {
                yield return problem with { At = $"{list}[{index}].ip" };
            }
        }

        for (int i = 0; i < subset.Ports.Count; i++)
        {
            EndpointPort port = subset.Ports[i];
            if (Names.Port(port.Port) is { } wrong)
            {
                yield return FieldProblem.Invalid(port.Port, wrong) with { At = $".ports[{i}].port" };
            }

            if (port.Name is null && subset.Ports.Count > 1)
            {
                yield return FieldProblem.Required() with { At = $".ports[{i}].name" };
            }
        }
    }
}

/// <summary>The rules for EndpointSlices (Kubernetes: discovery validation, ValidateEndpointSlice).</summary>
internal sealed class EndpointSliceValidator : AbstractValidator<EndpointSlice>
{
    private const int EndpointsMax = 1000;
    private const int PortsMax = 100;

    public EndpointSliceValidator()
    {
        RuleFor(slice => slice.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(slice => slice.AddressType).Check(type => type switch
        {
            null => FieldProblem.Required(),
            "IPv4" => null,
            "IPv6" or "FQDN" => FieldProblem.Forbidden($"{type} is not honoured by this control plane; endpoints have IPv4 addresses"),
            _ => FieldProblem.NotSupported(type, "FQDN", "IPv4", "IPv6"),
        });
        RuleFor(slice => slice.Endpoints).Check(endpoints => endpoints.Count > EndpointsMax ? FieldProblem.TooMany(endpoints.Count, EndpointsMax) : null);
        RuleFor(slice => slice.Ports).Check(ports => ports.Count > PortsMax ? FieldProblem.TooMany(ports.Count, PortsMax) : null);
        RuleForEach(slice => slice.Endpoints).CheckAll(Problems);
        RuleForEach(slice => slice.Ports).Check(port => port.Port is { } number && Names.Port(number) is { } wrong
            ? FieldProblem.Invalid(number, wrong) with { At = ".port" }
            : null);
    }

    public static IEnumerable<FieldError> ErrorsOfUpdate(EndpointSlice updated, EndpointSlice stored)
    {
        if (updated.AddressType != stored.AddressType)
        {
            yield return ImmutableFields.Error("addressType", FieldProblem.Invalid(updated.AddressType, "field is immutable"));
        }
    }

    private static IEnumerable<FieldProblem> Problems(Endpoint endpoint) => endpoint.Addresses.IsEmpty
        ? [FieldProblem.Required("must contain at least 1 address") with { At = ".addresses" }]
        : endpoint.Addresses.Select((address, index) => EndpointAddresses.Problem(address) is { } problem ? problem with { At = $".addresses[{index}]" } : null)
            .OfType<FieldProblem>();
}

/// <summary>What a Service's or an endpoint's address may be.</summary>
internal static class EndpointAddresses
{
    public static FieldProblem? Problem(string address) =>
        IPv4Address.TryParse(address, out _) ? null
        : address.Contains(':', StringComparison.Ordinal) ? FieldProblem.Invalid(address, "must be an IPv4 address")
        : FieldProblem.Invalid(address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}
