using System.Text.RegularExpressions;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a probe.</summary>
internal sealed partial class ProbeValidator : AbstractValidator<Probe>
{
    /// <param name="mustSucceedOnce">True for liveness and startup, where one success is enough by their meaning.</param>
    public ProbeValidator(bool mustSucceedOnce)
    {
        RuleFor(probe => probe).CheckAll(Handlers);
        RuleFor(probe => probe.InitialDelaySeconds).AtLeastZero();
        RuleFor(probe => probe.TimeoutSeconds).AtLeastZero();
        RuleFor(probe => probe.PeriodSeconds).AtLeastZero();
        RuleFor(probe => probe.SuccessThreshold).AtLeastZero();
        RuleFor(probe => probe.FailureThreshold).AtLeastZero();
        RuleFor(probe => probe.Exec).Check(exec => exec is { Command.IsEmpty: true } ? FieldProblem.Required() with { At = ".command" } : null);
        RuleFor(probe => probe.HttpGet).CheckAll(http => http is null ? [] : HttpGet(http));
        RuleFor(probe => probe.TcpSocket).Check(tcp => tcp is null ? null : Port(tcp.Port));
        RuleFor(probe => probe.Grpc).Check(grpc => grpc is null ? null : Port(grpc.Port));
        if (mustSucceedOnce)
        {
            RuleFor(probe => probe.SuccessThreshold).Check(count => count is null or < 0 or 1 ? null : FieldProblem.Invalid(count, "must be 1"));
        }
    }

    private static IEnumerable<FieldProblem> Handlers(Probe probe) =>
        OneOf((".exec", probe.Exec), (".httpGet", probe.HttpGet), (".tcpSocket", probe.TcpSocket), (".grpc", probe.Grpc));

    /// <summary>Just one way to ask, or to tell, a container is given.</summary>
    public static IEnumerable<FieldProblem> OneOf(params (string Field, object? Handler)[] handlers)
    {
        string[] given = [.. handlers.Where(handler => handler.Handler is not null).Select(handler => handler.Field)];
        return given.Length == 0
            ? [FieldProblem.Required("must specify a handler type")]
            : given.Skip(1).Select(field => FieldProblem.Forbidden("may not specify more than 1 handler type") with { At = field });
    }

    /// <summary>What is wrong with a request, below it.</summary>
    public static IEnumerable<FieldProblem> HttpGet(HttpGetAction http)
    {
        if (Port(http.Port) is { } badPort)
        {
            yield return badPort;
        }

        if (http.Scheme is not ("HTTP" or "HTTPS"))
        {
            yield return FieldProblem.NotSupported(http.Scheme, "HTTP", "HTTPS") with { At = ".scheme" };
        }

        for (int i = 0; i < http.HttpHeaders.Count; i++)
        {
            if (!HeaderName().IsMatch(http.HttpHeaders[i].Name))
            {
                yield return FieldProblem.Invalid(http.HttpHeaders[i].Name, HeaderNameRule) with { At = $".httpHeaders[{i}].name" };
            }
        }
    }

    private static FieldProblem? Port(IntOrString port)
    {
        string? problem = port.IsNumber ? Names.Port(port.Number) : port.Text!.Length == 0 ? "must contain at least one letter (a-z)" : Names.PortName(port.Text);
        return problem is null ? null : FieldProblem.Invalid(port, problem) with { At = ".port" };
    }

    private const string HeaderNameRule =
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

    [GeneratedRegex(@"\A[-A-Za-z0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();
}
