using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what a container does after its start and before its stop (Kubernetes: <c>validateLifecycle</c>).</summary>
internal static class LifecycleRules
{
    /// <param name="lifecycle">The hooks; null for none.</param>
    /// <param name="graceSeconds">The grace of the pod, which a wait has to fit in; null where none is given.</param>
    public static IEnumerable<FieldProblem> Errors(Lifecycle? lifecycle, long? graceSeconds) => lifecycle is null
        ? []
        :
        [
            .. Errors(lifecycle.PostStart, graceSeconds).Select(problem => problem.Under(".postStart")),
            .. Errors(lifecycle.PreStop, graceSeconds).Select(problem => problem.Under(".preStop")),
        ];

    private static IEnumerable<FieldProblem> Errors(LifecycleHandler? hook, long? graceSeconds)
    {
        if (hook is null)
        {
            yield break;
        }

        (string Field, object? Handler)[] handlers = [(".exec", hook.Exec), (".httpGet", hook.HttpGet), (".tcpSocket", hook.TcpSocket), (".sleep", hook.Sleep)];
        foreach (FieldProblem problem in ProbeValidator.OneOf(handlers))
        {
            yield return problem;
        }

        if (hook.Exec is { Command.IsEmpty: true })
        {
            yield return FieldProblem.Required() with { At = ".exec.command" };
        }

        foreach (FieldProblem problem in hook.HttpGet is { } http ? ProbeValidator.HttpGet(http) : [])
        {
            yield return problem.Under(".httpGet");
        }

        if (hook.Sleep is { } sleep && graceSeconds is { } grace && (sleep.Seconds < 0 || sleep.Seconds > grace))
        {
            yield return FieldProblem.Invalid(sleep.Seconds, $"must be non-negative and less than terminationGracePeriodSeconds ({grace})") with { At = ".sleep" };
        }
    }
}
