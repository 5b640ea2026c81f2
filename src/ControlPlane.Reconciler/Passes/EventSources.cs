using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Reconciler.Passes;

/// <summary>In whose name an Event is written: the parts of Kubernetes that people look for, by what is said about what.</summary>
internal static class EventSources
{
    public static EventSource Of(EventNote note) => new()
    {
        Component = note switch
        {
            { Reason: "Scheduled" or "FailedScheduling" } => "default-scheduler",
            { Reason: "TaintManagerEviction" } => "taint-eviction-controller",
            { Involved.Kind: "Deployment" } => "deployment-controller",
            { Involved.Kind: "ReplicaSet" } => "replicaset-controller",
            { Involved.Kind: "Node" } or { Reason: "NodeLost" } => "node-controller",
            _ => "controlplane-reconciler",
        },
    };
}
