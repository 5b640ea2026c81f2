using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Reviews;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Kinds;

/// <summary>A kind as the API serves it: what discovery lists and what endpoints are mapped from.</summary>
/// <param name="Kind">Its names.</param>
/// <param name="Verbs">What can be asked of it, in discovery's words and order.</param>
/// <param name="Subresources">What hangs below one object of it.</param>
public sealed record ServedKind(ResourceKind Kind, ValueList<string> Verbs, ValueList<ServedSubresource> Subresources)
{
    /// <summary>Where its objects are: <c>/api/v1/namespaces/{namespace}/pods</c>, <c>/apis/apps/v1/namespaces/{namespace}/deployments</c>, <c>/api/v1/nodes</c>.</summary>
    public string CollectionPath => Kind.IsNamespaced ? $"{GroupPath}/namespaces/{{namespace}}/{Kind.Plural}" : $"{GroupPath}/{Kind.Plural}";

    /// <summary>Where the objects of all namespaces are; the same as <see cref="CollectionPath"/> for cluster-scoped kinds.</summary>
    public string AllNamespacesPath => $"{GroupPath}/{Kind.Plural}";

    /// <summary>Where one object is.</summary>
    public string ObjectPath => $"{CollectionPath}/{{name}}";

    /// <summary><c>/api/v1</c>, <c>/apis/apps/v1</c>.</summary>
    public string GroupPath => Kind.Group.Length == 0 ? $"/api/{Kind.Version}" : $"/apis/{Kind.Group}/{Kind.Version}";

    /// <summary>The form in which objects of another, stored kind are served; null for a stored kind itself.</summary>
    internal WireForm? Form { get; init; }

    /// <summary>
    /// Whether a delete answers the object though it is gone, where other kinds' answer a <c>Status</c> (Kubernetes: ReturnDeletedObject). Typed clients
    /// read the answer as what the kind's documents say.
    /// </summary>
    public bool AnswersDeleted { get; init; }

    public bool Has(string subresource) => Subresources.Any(item => item.Name == subresource);
}

/// <summary>A subresource such as <c>deployments/scale</c>.</summary>
/// <param name="Name">The path's last part: <c>status</c>, <c>scale</c>, <c>log</c>.</param>
/// <param name="Type">The record that is read and written; null where it is not an object (a log).</param>
/// <param name="Group">The group of <paramref name="Kind"/> where it is not the parent's; else null.</param>
/// <param name="Version">The version of <paramref name="Kind"/> where it is not the parent's; else null.</param>
/// <param name="Kind">The kind of what is read and written.</param>
/// <param name="Verbs">What can be asked of it; <c>create</c> is an action, which answers the parent.</param>
public sealed record ServedSubresource(string Name, Type? Type, string? Group, string? Version, string Kind, ValueList<string> Verbs)
{
    /// <summary>An action's sentence for people.</summary>
    public string Summary { get; init; } = "";

    /// <summary>What an action answers, where that is not the parent.</summary>
    public Type? AnswerType { get; init; }

    /// <summary>Whether an action's body may be left out.</summary>
    public bool IsBodyOptional { get; init; }

    /// <summary>Whether a connection is upgraded to something that is no HTTP.</summary>
    public bool IsConnection { get; init; }

    /// <summary>Whether requests of any method, and below any path, are sent on to a pod.</summary>
    public bool IsProxy { get; init; }

    /// <summary>Query parameters beyond those that the verb has anyway.</summary>
    public ValueList<string> Query { get; init; }
}

/// <summary>The registry of what is served: one line a kind.</summary>
public static class ServedKinds
{
    private static readonly ValueList<string> AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    private const string AuthorizationGroup = "authorization.k8s.io";
    private const string AuthenticationGroup = "authentication.k8s.io";

    /// <summary>The kinds whose objects are stored.</summary>
    public static ValueList<ServedKind> All { get; } =
    [
        new(ResourceKinds.Namespace, ["create", "delete", "get", "list", "patch", "update", "watch"], [Status(ResourceKinds.Namespace)]),
        new(ResourceKinds.Node, AllVerbs, [ConfirmLost, ConfirmStore, Status(ResourceKinds.Node)]),
        new(ResourceKinds.Pod, AllVerbs, [Attach, Binding, Eviction, Exec, Log, PortForward, Proxy(ResourceKinds.Pod), Status(ResourceKinds.Pod)]) { AnswersDeleted = true },
        new(ResourceKinds.Secret, AllVerbs, []),
        new(ResourceKinds.ConfigMap, AllVerbs, []),
        new(ResourceKinds.ServiceAccount, AllVerbs, []) { AnswersDeleted = true },
        new(ResourceKinds.ResourceQuota, AllVerbs, [Status(ResourceKinds.ResourceQuota)]) { AnswersDeleted = true },
        new(ResourceKinds.Event, AllVerbs, []),
        new(ResourceKinds.Deployment, AllVerbs, [.. DeploymentActions.Served, History, Scale, Status(ResourceKinds.Deployment)]),
        new(ResourceKinds.ReplicaSet, AllVerbs, [Scale, Status(ResourceKinds.ReplicaSet)]),
        new(ResourceKinds.Service, AllVerbs, [Proxy(ResourceKinds.Service), Status(ResourceKinds.Service)]) { AnswersDeleted = true },
        new(ResourceKinds.Endpoints, AllVerbs, []),
        new(ResourceKinds.EndpointSlice, AllVerbs, []),
        new(ResourceKinds.PodDisruptionBudget, AllVerbs, [Status(ResourceKinds.PodDisruptionBudget)]),
        new(ResourceKinds.Lease, AllVerbs, []),
        new(ResourceKinds.RolloutPolicy, AllVerbs, [Status(ResourceKinds.RolloutPolicy)]),
    ];

    /// <summary>The kinds that are posted, answered and not stored.</summary>
    public static ValueList<ServedKind> Reviews { get; } =
    [
        Review<SelfSubjectAccessReview>(AuthorizationGroup, "selfsubjectaccessreviews"),
        Review<SelfSubjectRulesReview>(AuthorizationGroup, "selfsubjectrulesreviews"),
        Review<SubjectAccessReview>(AuthorizationGroup, "subjectaccessreviews"),
        Review<LocalSubjectAccessReview>(AuthorizationGroup, "localsubjectaccessreviews", isNamespaced: true),
        Review<SelfSubjectReview>(AuthenticationGroup, "selfsubjectreviews"),
        Review<TokenReview>(AuthenticationGroup, "tokenreviews"),
    ];

    /// <summary>The stored objects of <see cref="All"/> in the forms of other groups and versions.</summary>
    public static ValueList<ServedKind> Forms { get; } =
    [
        new ServedKind(WireForm.EventsV1.Kind, AllVerbs, []) { Form = WireForm.EventsV1 },
        new ServedKind(WireForm.PolicyV1Beta1.Kind, AllVerbs, [Status(WireForm.PolicyV1Beta1.Kind)]) { Form = WireForm.PolicyV1Beta1 },
        new ServedKind(WireForm.DiscoveryV1Beta1.Kind, AllVerbs, []) { Form = WireForm.DiscoveryV1Beta1 },
    ];

    /// <summary>All that discovery and the API's documents tell of.</summary>
    public static ValueList<ServedKind> Listed { get; } = [.. All, .. Forms, .. Reviews];

    private static ServedSubresource Scale => new("scale", typeof(Scale), "autoscaling", "v1", "Scale", ["get", "patch", "update"]);

    private static ServedSubresource ConfirmLost => new("confirm-lost", null, null, null, ResourceKinds.Node.Kind, ["create"])
    {
        Summary = "Confirm that a silent Node is lost: its pods are replaced though evictions are stopped",
    };

    private static ServedSubresource ConfirmStore => new("confirm-store", typeof(ConfirmedStores), "controlplane.dev", "v1", nameof(ConfirmedStores), ["create"])
    {
        Summary = "Confirm that the store in use has replaced others: containers that those ordered on the Node may be stopped",
    };

    private static ServedSubresource History =>
        new("history", typeof(DeploymentHistory), DeploymentHistory.Group, DeploymentHistory.Version, nameof(DeploymentHistory), ["get"])
        {
            Summary = "Read who started each revision of a Deployment, and how it ended",
        };

    private static ServedSubresource Eviction => new("eviction", typeof(Eviction), "policy", "v1", nameof(Eviction), ["create"])
    {
        Summary = "Delete a Pod if its disruption budgets allow it",
        AnswerType = typeof(Eviction),
    };

    private static ServedSubresource Binding => new("binding", typeof(Binding), null, null, nameof(Binding), ["create"])
    {
        Summary = "Give a Pod that has no node yet to one",
        AnswerType = typeof(Binding),
    };

    private static ServedSubresource Exec => new("exec", null, null, null, "PodExecOptions", ["create", "get"])
    {
        Summary = "Run a command in a container of a Pod, over a WebSocket or SPDY",
        IsConnection = true,
        Query = ["command", "container", "stderr", "stdin", "stdout", "tty"],
    };

    private static ServedSubresource Attach => new("attach", null, null, null, "PodAttachOptions", ["create", "get"])
    {
        Summary = "Listen to the process of a container of a Pod, over a WebSocket or SPDY",
        IsConnection = true,
        Query = ["container", "stderr", "stdin", "stdout", "tty"],
    };

    private static ServedSubresource PortForward => new("portforward", null, null, null, "PodPortForwardOptions", ["create", "get"])
    {
        Summary = "Reach ports of a Pod, over SPDY or a WebSocket",
        IsConnection = true,
        Query = ["ports"],
    };

    private static ServedSubresource Proxy(ResourceKind kind) => new("proxy", null, null, null, $"{kind.Kind}ProxyOptions", ["create", "delete", "get", "patch", "update"])
    {
        Summary = $"Send a request to {(kind == ResourceKinds.Service ? "a Pod behind a Service" : "a Pod")}: the name may be followed by a port, NAME:PORT, and preceded by a scheme",
        IsProxy = true,
        Query = ["path"],
    };

    private static ServedSubresource Log => new("log", null, null, null, "Pod", ["get"]);

    private static ServedSubresource Status(ResourceKind kind) => new("status", kind.Type, null, null, kind.Kind, ["get", "patch", "update"]);

    private static ServedKind Review<T>(string group, string plural, bool isNamespaced = false)
        where T : Resource => new(
        new ResourceKind
        {
            Group = group,
            Version = "v1",
            Kind = typeof(T).Name,
            Plural = plural,
            Singular = typeof(T).Name.ToLowerInvariant(),
            IsNamespaced = isNamespaced,
            Type = typeof(T),
        },
        ["create"],
        []);
}
