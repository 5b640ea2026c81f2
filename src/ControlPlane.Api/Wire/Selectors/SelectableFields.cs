using System.Collections.Frozen;
using ControlPlane.Api.Kinds;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Selectors;

/// <summary>The fields that objects can be selected by, for each kind, as in Kubernetes. An absent value is the empty text.</summary>
internal static class SelectableFields
{
    private static readonly FrozenDictionary<string, Func<Resource, string?>> OfAll = new Dictionary<string, Func<Resource, string?>>
    {
        ["metadata.name"] = resource => resource.Name,
        ["metadata.namespace"] = resource => resource.Namespace,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, FrozenDictionary<string, Func<Resource, string?>>> ByKind =
        new Dictionary<string, FrozenDictionary<string, Func<Resource, string?>>>
        {
            ["Namespace"] = Fields<Namespace>(("status.phase", static ns => ns.Status?.Phase)),
            ["Node"] = Fields<Node>(("spec.unschedulable", static node => Text(node.Spec?.Unschedulable))),
            ["Pod"] = Fields<Pod>(
                ("spec.nodeName", static pod => pod.Spec.NodeName),
                ("spec.restartPolicy", static pod => pod.Spec.RestartPolicy),
                ("spec.schedulerName", static pod => pod.Spec.SchedulerName),
                ("spec.serviceAccountName", static pod => pod.Spec.ServiceAccountName),
                ("spec.hostNetwork", static pod => Text(pod.Spec.HostNetwork)),
                ("status.phase", static pod => pod.Status?.Phase),
                ("status.podIP", static pod => pod.Status?.PodIP),
                ("status.nominatedNodeName", static pod => pod.Status?.NominatedNodeName)),
            ["Service"] = Fields<Service>(
                ("spec.clusterIP", static service => service.Spec.ClusterIP), ("spec.type", static service => service.Spec.Type)),
            ["Secret"] = Fields<Secret>(("type", static secret => secret.Type)),
            ["Event"] = Fields<Event>(
                ("involvedObject.kind", static @event => @event.InvolvedObject.Kind),
                ("involvedObject.namespace", static @event => @event.InvolvedObject.Namespace),
                ("involvedObject.name", static @event => @event.InvolvedObject.Name),
                ("involvedObject.uid", static @event => @event.InvolvedObject.Uid),
                ("involvedObject.apiVersion", static @event => @event.InvolvedObject.ApiVersion),
                ("involvedObject.resourceVersion", static @event => @event.InvolvedObject.ResourceVersion),
                ("involvedObject.fieldPath", static @event => @event.InvolvedObject.FieldPath),
                ("reason", static @event => @event.Reason),
                ("reportingComponent", static @event => @event.ReportingComponent),
                ("source", static @event => @event.Source?.Component ?? @event.ReportingComponent),
                ("type", static @event => @event.Type)),
            [WireForm.EventsV1.Kind.QualifiedPlural] = Fields<Event>(
                ("regarding.kind", static @event => @event.InvolvedObject.Kind),
                ("regarding.namespace", static @event => @event.InvolvedObject.Namespace),
                ("regarding.name", static @event => @event.InvolvedObject.Name),
                ("regarding.uid", static @event => @event.InvolvedObject.Uid),
                ("regarding.apiVersion", static @event => @event.InvolvedObject.ApiVersion),
                ("regarding.resourceVersion", static @event => @event.InvolvedObject.ResourceVersion),
                ("regarding.fieldPath", static @event => @event.InvolvedObject.FieldPath),
                ("reason", static @event => @event.Reason),
                ("reportingController", static @event => @event.ReportingComponent),
                ("type", static @event => @event.Type)),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>How a field is read; null when objects of the kind cannot be selected by it.</summary>
    public static Func<Resource, string?>? Find(ResourceKind kind, string field) =>
        OfAll.TryGetValue(field, out Func<Resource, string?>? common) ? common
        : ByKind.TryGetValue(kind == WireForm.EventsV1.Kind ? kind.QualifiedPlural : kind.Kind, out FrozenDictionary<string, Func<Resource, string?>>? fields) ? fields.GetValueOrDefault(field)
        : null;

    private static FrozenDictionary<string, Func<Resource, string?>> Fields<T>(params (string Name, Func<T, string?> Read)[] fields)
        where T : Resource =>
        fields.ToFrozenDictionary(field => field.Name, field => (Func<Resource, string?>)(resource => field.Read((T)resource)), StringComparer.Ordinal);

    private static string Text(bool? value) => value == true ? "true" : "false";
}
