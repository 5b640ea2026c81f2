using System.Text.RegularExpressions;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

internal sealed class CanaryStrategyValidator : AbstractValidator<CanaryStrategy>
{
    /// <summary>Steps of one canary.</summary>
    public const int StepsMax = 100;

    public CanaryStrategyValidator()
    {
        RuleFor(canary => canary.Service).Check(PolicyRules.Service);
        RuleFor(canary => canary.Steps).Check(steps => steps.Count switch
        {
            0 => FieldProblem.Required("at least one step"),
            > StepsMax and var count => FieldProblem.TooMany(count, StepsMax),
            _ => null,
        });
        RuleForEach(canary => canary.Steps).SetValidator(new CanaryStepValidator());
        RuleFor(canary => canary.Steps).CheckAllWith(NeedsOfService);
        RuleFor(canary => canary.Steps).CheckAllWith((canary, steps) => canary.Service is null ? [] : NeedsOfRequests(steps));
    }

    /// <summary>
    /// An analysis waits until it has seen enough requests to each version that it looks at, so one that can see none would wait for ever. At 0% the canary has those of its header routes alone, at 100%
    /// the stable version has none.
    /// </summary>
    private static IEnumerable<FieldProblem> NeedsOfRequests(ValueList<CanaryStep> steps)
    {
        decimal weight = 0;
        HashSet<string> routes = new(StringComparer.Ordinal);
        for (int i = 0; i < steps.Count; i++)
        {
            weight = steps[i].SetWeight ?? weight;
            if (steps[i].SetHeaderRoute is { } route)
            {
                _ = route.Match.IsEmpty ? routes.Remove(route.Name) : routes.Add(route.Name);
            }

            if (steps[i].Analysis is not { } analysis)
            {
                continue;
            }

            if (weight <= 0 && routes.Count == 0)
            {
                yield return FieldProblem.Forbidden("may only be set after a `setWeight` above 0 or a `setHeaderRoute`: the canary gets no requests here") with { At = $"[{i}].analysis" };
            }
            else if (weight >= 100 && analysis.AgainstStable is not null)
            {
                yield return FieldProblem.Forbidden("may only be set while the weight is below 100: the stable version gets no requests here") with { At = $"[{i}].analysis.againstStable" };
            }
        }
    }

    private static IEnumerable<FieldProblem> NeedsOfService(CanaryStrategy canary, ValueList<CanaryStep> steps)
    {
        for (int i = 0; i < steps.Count && canary.Service is null; i++)
        {
            if (steps[i].SetHeaderRoute is not null)
            {
                yield return FieldProblem.Forbidden("may only be set with a `service`") with { At = $"[{i}].setHeaderRoute" };
            }

            if (steps[i].Analysis is not null)
            {
                yield return FieldProblem.Forbidden("may only be set with a `service`, whose requests it judges") with { At = $"[{i}].analysis" };
            }
        }
    }
}

internal sealed class CanaryStepValidator : AbstractValidator<CanaryStep>
{
    public CanaryStepValidator()
    {
        RuleFor(step => step).Check(step => PolicyRules.ExactlyOne(
            [
                ("setWeight", step.SetWeight is not null),
                ("setCanaryScale", step.SetCanaryScale is not null),
                ("pause", step.Pause is not null),
                ("setHeaderRoute", step.SetHeaderRoute is not null),
                ("analysis", step.Analysis is not null),
            ]));
        RuleFor(step => step.SetWeight).Check(weight => weight is null || PolicyRules.IsPercentage(weight.Value)
            ? null
            : FieldProblem.Invalid(weight, "must be between 0 and 100, with at most one decimal"));
        RuleFor(step => step.SetCanaryScale!).SetValidator(new CanaryScaleValidator()).When(step => step.SetCanaryScale is not null);
        RuleFor(step => step.Pause).Check(pause => PolicyRules.Duration(pause?.Duration)?.Under(".duration"));
        RuleFor(step => step.SetHeaderRoute!).SetValidator(new HeaderRouteStepValidator()).When(step => step.SetHeaderRoute is not null);
        RuleFor(step => step.Analysis!).SetValidator(new AnalysisStepValidator()).When(step => step.Analysis is not null);
    }
}

internal sealed class CanaryScaleValidator : AbstractValidator<CanaryScale>
{
    public CanaryScaleValidator()
    {
        RuleFor(scale => scale).Check(scale => PolicyRules.ExactlyOne(
            [("replicas", scale.Replicas is not null), ("weight", scale.Weight is not null), ("matchTrafficWeight", scale.MatchTrafficWeight is not null)]));
        RuleFor(scale => scale.Replicas).AtLeastZero();
        RuleFor(scale => scale.Weight).Check(weight => weight is null or (>= 0 and <= 100) ? null : FieldProblem.Invalid(weight, "must be between 0 and 100"));
        RuleFor(scale => scale.MatchTrafficWeight).Check(match => match == false ? FieldProblem.Invalid(match, "must be true or absent") : null);
    }
}

internal sealed class HeaderRouteStepValidator : AbstractValidator<HeaderRouteStep>
{
    /// <summary>Conditions of one route.</summary>
    public const int MatchesMax = 20;

    public HeaderRouteStepValidator()
    {
        RuleFor(route => route.Name).Check(name => name.Length == 0 ? FieldProblem.Required() : Names.DnsSubdomain(name) is { } bad ? FieldProblem.Invalid(name, bad) : null);
        RuleFor(route => route.Match).Check(match => match.Count > MatchesMax ? FieldProblem.TooMany(match.Count, MatchesMax) : null);
        RuleForEach(route => route.Match).CheckAll(Match);
    }

    private static IEnumerable<FieldProblem> Match(HeaderRouteMatch match)
    {
        if (PolicyRules.ExactlyOne([("headerName", match.HeaderName is not null), ("cookieName", match.CookieName is not null)]) is { } problem)
        {
            yield return problem;
        }

        foreach ((string? name, StringMatch? value, string at) in new[] { (match.HeaderName, match.HeaderValue, "header"), (match.CookieName, match.CookieValue, "cookie") })
        {
            if (name is not null && !IsToken(name))
            {
                yield return FieldProblem.Invalid(name, "must be a name as HTTP allows it (RFC 9110, token)") with { At = $".{at}Name" };
            }

            if ((name is null) != (value is null))
            {
                yield return (value is null ? FieldProblem.Required() : FieldProblem.Forbidden($"may only be set with a `{at}Name`")) with { At = $".{at}Value" };
            }
            else if (value is not null && Value(value) is { } wrong)
            {
                yield return wrong with { At = $".{at}Value{wrong.At}" };
            }
        }
    }

    private static FieldProblem? Value(StringMatch value) =>
        PolicyRules.ExactlyOne([("exact", value.Exact is not null), ("prefix", value.Prefix is not null), ("regex", value.Regex is not null)])
        ?? (value.Regex is { } regex && Regex(regex) is { } problem ? problem with { At = ".regex" } : null);

    private static FieldProblem? Regex(string pattern)
    {
        if (pattern.Length > HeaderMatch.RegexLengthMax)
        {
            return FieldProblem.TooLong(HeaderMatch.RegexLengthMax);
        }

        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return null;
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            return FieldProblem.Invalid(pattern, $"must be a regular expression without backreferences and lookarounds: {wrong.Message}");
        }
    }

    /// <summary>RFC 9110, 5.6.2.</summary>
    private static bool IsToken(string name) =>
        name.Length is > 0 and <= 256 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal));
}

internal sealed class AnalysisStepValidator : AbstractValidator<AnalysisStep>
{
    /// <summary>Gateways tell what they see every 3 s: a shorter window would see nothing.</summary>
    public static readonly TimeSpan IntervalMin = TimeSpan.FromSeconds(5);

    private const string AtLeastOne = "must be greater than or equal to 1";

    public AnalysisStepValidator()
    {
        RuleFor(analysis => analysis.Interval).Check(interval => interval is { } given && Duration.Parse(given) is { } length && length < IntervalMin
            ? FieldProblem.Invalid(given, $"must be at least {Duration.Format(IntervalMin)}: gateways report every 3s")
            : PolicyRules.Duration(interval));
        RuleFor(analysis => analysis.Count).Check(count => count < 1 ? FieldProblem.Invalid(count, AtLeastOne) : null);
        RuleFor(analysis => analysis.MinRequests).Check(requests => requests < 1 ? FieldProblem.Invalid(requests, AtLeastOne) : null);
        RuleFor(analysis => analysis.SuccessRate).Check(Rate);
        RuleFor(analysis => analysis.LatencyP50).Check(PolicyRules.Duration);
        RuleFor(analysis => analysis.LatencyP95).Check(PolicyRules.Duration);
        RuleFor(analysis => analysis.LatencyP99).Check(PolicyRules.Duration);
        RuleFor(analysis => analysis.AgainstStable).Check(margins => Rate(margins?.SuccessRate)?.Under(".successRate"));
        RuleFor(analysis => analysis.AgainstStable).Check(margins => Margin(margins?.LatencyP50)?.Under(".latencyP50"));
        RuleFor(analysis => analysis.AgainstStable).Check(margins => Margin(margins?.LatencyP95)?.Under(".latencyP95"));
        RuleFor(analysis => analysis.AgainstStable).Check(margins => Margin(margins?.LatencyP99)?.Under(".latencyP99"));
        RuleFor(analysis => analysis).Check(analysis => HasLimit(analysis)
            ? null
            : FieldProblem.Required("at least one limit: `successRate`, `latencyP50`, `latencyP95`, `latencyP99` or one of `againstStable`"));
    }

    private static bool HasLimit(AnalysisStep analysis) =>
        analysis is not { SuccessRate: null, LatencyP50: null, LatencyP95: null, LatencyP99: null }
        || (analysis.AgainstStable is { } margins && margins is not { SuccessRate: null, LatencyP50: null, LatencyP95: null, LatencyP99: null });

    private static FieldProblem? Rate(decimal? rate) => rate is null or (>= 0 and <= 100) ? null : FieldProblem.Invalid(rate, "must be between 0 and 100");

    private static FieldProblem? Margin(decimal? margin) => margin is null or (>= 0 and <= 10_000) ? null : FieldProblem.Invalid(margin, "must be between 0 and 10000");
}

/// <summary>What several parts of a policy have in common.</summary>
internal static class PolicyRules
{
    public static FieldProblem? Service(string? name) => name is null ? null : Names.ServiceName(name) is { } bad ? FieldProblem.Invalid(name, bad) : null;

    public static FieldProblem? Duration(IntOrString? value) => value is { } given && Resources.Values.Duration.Parse(given) is null
        ? FieldProblem.Invalid(given, $"must be seconds or a duration such as 250ms, 60s or 1h30m, at most {Resources.Values.Duration.Format(Resources.Values.Duration.Max)}")
        : null;

    public static FieldProblem? ExactlyOne((string Name, bool IsSet)[] members) => members.Count(member => member.IsSet) switch
    {
        0 => FieldProblem.Required($"one of {string.Join(", ", members.Select(member => $"`{member.Name}`"))}"),
        1 => null,
        _ => FieldProblem.Forbidden($"only one of {string.Join(", ", members.Where(member => member.IsSet).Select(member => $"`{member.Name}`"))} may be set"),
    };

    public static bool IsPercentage(decimal value) => value is >= 0 and <= 100 && decimal.Truncate(value * 10) == value * 10;
}
