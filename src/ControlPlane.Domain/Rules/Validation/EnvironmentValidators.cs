using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a source of many variables.</summary>
internal sealed class EnvFromSourceValidator : AbstractValidator<EnvFromSource>
{
    public EnvFromSourceValidator()
    {
        RuleFor(source => source.Prefix).Check(prefix => PodSpecValidator.Given(prefix, Names.EnvironmentVariable));
        RuleFor(source => source.ConfigMapRef).Check(map => map is null ? null : Name(map.Name));
        RuleFor(source => source.SecretRef).Check(secret => secret is null ? null : Name(secret.Name));
        RuleFor(source => source).Check(source => (source.ConfigMapRef, source.SecretRef) switch
        {
            (null, null) => FieldProblem.Invalid("", "must specify one of: `configMapRef` or `secretRef`"),
            (not null, not null) => FieldProblem.Invalid("", "may not have more than one field specified at a time"),
            _ => null,
        });
    }

    private static FieldProblem? Name(string? name) =>
        (string.IsNullOrEmpty(name) ? FieldProblem.Required() : PodSpecValidator.Given(name, Names.DnsSubdomain))?.Under(".name");
}

/// <summary>The rules for one key of an object that a variable takes its value from.</summary>
internal static class KeySelectorRules
{
    public static IEnumerable<FieldProblem> Errors(EnvVarSource? source) =>
    [
        .. source?.ConfigMapKeyRef is { } map ? Errors(map.Name, map.Key).Select(problem => problem.Under(".configMapKeyRef")) : [],
        .. source?.SecretKeyRef is { } secret ? Errors(secret.Name, secret.Key).Select(problem => problem.Under(".secretKeyRef")) : [],
    ];

    private static IEnumerable<FieldProblem> Errors(string? name, string key)
    {
        if (Names.DnsSubdomain(name ?? "") is { } badName)
        {
            yield return FieldProblem.Invalid(name ?? "", badName).Under(".name");
        }

        if (key.Length == 0)
        {
            yield return FieldProblem.Required().Under(".key");
        }
        else if (Names.DataKey(key) is { } badKey)
        {
            yield return FieldProblem.Invalid(key, badKey).Under(".key");
        }
    }
}
