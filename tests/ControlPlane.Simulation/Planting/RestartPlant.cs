using System.Globalization;
using ControlPlane.Agent.Protocol;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Simulation.Planting;

/// <summary>Tells an agent that the requests to what it wants to restart have ended, as soon as it is known that it wants to.</summary>
internal sealed class RestartPlant : Plant
{
    public override IControlPlane OnControlPlane(IControlPlane controlPlane) =>
        new ChangedControlPlane(controlPlane, static reply => reply with { Pods = reply.Pods.Select(Answered).ToValueList() });

    private static Pod Answered(Pod pod) => RestartDrain.PendingSince(pod) is not { } since ? pod : pod with
    {
        Metadata = pod.Metadata with
        {
            Annotations = pod.Metadata.Annotations.SetItem(RestartDrain.AnswerAnnotation, since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
        },
    };
}
