using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Which Services' endpoints a change concerns, and whether a pod that waits for gateways may be stopped.</summary>
internal static class ServiceTriggers
{
    /// <param name="world">With the change applied.</param>
    /// <param name="change">What changed; its previous object as the world knew it.</param>
    public static IEnumerable<WorkKey> KeysOf(World world, Change change) => change.Object switch
    {
        Service service => [WorkKey.Endpoints(service.Key)],
        Endpoints endpoints when world.Find<Service>(endpoints.Key) is not null => [WorkKey.Endpoints(endpoints.Key)],
        EndpointSlice slice => OfSlice(world, slice),
        Pod pod => OfPod(world, pod, change),
        _ => [],
    };

    private static IEnumerable<WorkKey> OfSlice(World world, EndpointSlice slice)
    {
        if (slice.Metadata.Controller is { } controller && world.FindByUid(controller.Uid) is Service service)
        {
            yield return WorkKey.Endpoints(service.Key);
        }

        // A restart that waits is looked at again by itself, and whatever asks for it is a change of its pod.
        if (slice.Endpoints.Any(endpoint => endpoint.Conditions is { Terminating: true }))
        {
            yield return WorkKey.Drain;
        }
    }

    private static IEnumerable<WorkKey> OfPod(World world, Pod pod, Change change)
    {
        bool isGone = change.Operation == ChangeOperation.Deleted;
        if (!isGone && change.Previous is Pod known && IsSameEndpoint(known, pod))
        {
            yield break;
        }

        ValueMap<string> before = (change.Previous ?? pod).Metadata.Labels;
        foreach (Service service in world.ServicesByNamespace[pod.Namespace])
        {
            if (Selects(service, pod.Metadata.Labels) || Selects(service, before))
            {
                yield return WorkKey.Endpoints(service.Key);
            }
        }

        if (!isGone && (world.IsDraining(pod) || world.MayLinger(pod) || RestartDrain.IsAsked(pod)))
        {
            yield return WorkKey.Drain;
        }
    }

    private static bool Selects(Service service, ValueMap<string> labels)
    {
        if (service.Spec.Selector.IsEmpty)
        {
            return false;
        }

        foreach (KeyValuePair<string, string> wanted in service.Spec.Selector)
        {
            if (labels[wanted.Key] != wanted.Value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a pod means to a Service what it meant.</summary>
    private static bool IsSameEndpoint(Pod before, Pod now) =>
        before.Metadata.Labels == now.Metadata.Labels
        && before.Metadata.IsDeleting == now.Metadata.IsDeleting
        && before.Status?.HostIP == now.Status?.HostIP
        && before.Status?.PodIP == now.Status?.PodIP
        && before.Status?.Phase == now.Status?.Phase
        && before.Status?.HostPorts == now.Status?.HostPorts
        && before.Metadata.Annotations.ContainsKey(Draining.ClosingAnnotation) == now.Metadata.Annotations.ContainsKey(Draining.ClosingAnnotation)
        && RestartDrain.PendingSince(before) == RestartDrain.PendingSince(now)
        && IsReady(before) == IsReady(now);

    private static bool IsReady(Pod pod) => Conditions.Find(pod.Status?.Conditions ?? default, Conditions.Ready)?.Status == "True";
}
