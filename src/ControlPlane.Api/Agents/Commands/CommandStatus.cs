using System.Globalization;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Agents.Commands;

/// <summary>How a command ended in the words that Kubernetes' clients know (apimachinery: remotecommand, v4 of the protocol).</summary>
internal static class CommandStatus
{
    public static Status Of(CommandOutcome outcome) => outcome switch
    {
        { Failure: { } why } => StatusError.InternalError($"error executing command in container: {why}").Status,
        { ExitCode: null or 0 } => new Status { Outcome = Status.Success },
        { ExitCode: { } code } => new Status
        {
            Reason = "NonZeroExitCode",
            Message = $"command terminated with non-zero exit code: exit status {code}",
            Details = new StatusDetails
            {
                Causes = [new StatusCause { Reason = "ExitCode", Message = code.ToString(CultureInfo.InvariantCulture) }],
            },
        },
    };
}
