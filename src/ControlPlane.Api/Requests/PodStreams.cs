using System.Globalization;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>What the streams of pods have in common: which container and which agent is asked (Kubernetes: registry/core/pod, LogLocation and streamLocation).</summary>
internal static class PodStreams
{
    /// <summary>The container that is meant: the named one, or the only one. Init containers are meant by name alone, and make no other ambiguous (Kubernetes: validateContainer).</summary>
    /// <exception cref="ApiException">400: none is, or several are.</exception>
    public static string ContainerOf(Pod pod, string wanted)
    {
        string[] names = [.. pod.Spec.Containers.Select(container => container.Name)];
        string[] initNames = [.. pod.Spec.InitContainers.Select(container => container.Name)];
        if (wanted.Length == 0)
        {
            return names.Length == 1
                ? names[0]
                : throw StatusError.BadRequest(
                    $"a container name must be specified for pod {pod.Name}, choose one of: [{string.Join(' ', names)}]"
                    + (initNames.Length > 0 ? $" or one of the init containers: [{string.Join(' ', initNames)}]" : ""));
        }

        return names.Contains(wanted) || initNames.Contains(wanted)
            ? wanted
            : throw StatusError.BadRequest($"container {wanted} is not valid for pod {pod.Name}");
    }

    /// <summary>The pod's node, whose agent can be asked.</summary>
    /// <exception cref="ApiException">400: the pod has none; 503: its agent is not connected.</exception>
    public static string NodeOf(Pod pod, StreamDialing dialing, string consequence)
    {
        if (pod.Spec.NodeName is not { Length: > 0 } node)
        {
            throw StatusError.BadRequest($"pod {pod.Name} does not have a host assigned");
        }

        return dialing.CanReach(node)
            ? node
            : throw StatusError.ServiceUnavailable($"the agent of node {node} is not connected; {consequence}", retryAfterSeconds: 3);
    }

    /// <summary>A stream of a pod, without its options.</summary>
    public static StreamRequest RequestFor(Pod pod, string type) => new()
    {
        Id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture),
        PodUid = pod.Uid,
        Type = type,
    };
}
