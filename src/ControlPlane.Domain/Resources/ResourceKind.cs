using System.Collections.Frozen;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A kind of object: its names in the API and in the store.</summary>
public sealed record ResourceKind
{
    /// <summary>The API group; empty for core.</summary>
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    /// <summary>The name in paths, also the name of the table.</summary>
    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public ValueList<string> ShortNames { get; init; }

    public ValueList<string> Categories { get; init; }

    public required bool IsNamespaced { get; init; }

    public required Type Type { get; init; }

    /// <summary><c>v1</c>, <c>apps/v1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>deployments.apps</c>, <c>pods</c>: how errors and <c>details</c> name the kind.</summary>
    public string QualifiedPlural => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public override string ToString() => Kind;

    /// <summary>Of the name alone, which no two kinds share: everything that keeps objects by their kind asks for it, with every look-up.</summary>
    public override int GetHashCode() => Kind.GetHashCode(StringComparison.Ordinal);
}

/// <summary>The kinds that are stored. Adding one here gives it a table and a change log.</summary>
public static class ResourceKinds
{
    /// <summary>The group of what is ours about rollouts.</summary>
    private const string RolloutGroup = "rollouts.controlplane.dev";

    public static ResourceKind Namespace { get; } = Core<Namespace>("namespaces", "namespace", isNamespaced: false, "ns");

    public static ResourceKind Node { get; } = Core<Node>("nodes", "node", isNamespaced: false, "no");

    public static ResourceKind Pod { get; } = Core<Pod>("pods", "pod", isNamespaced: true, "po") with { Categories = ["all"] };

    public static ResourceKind Secret { get; } = Core<Secret>("secrets", "secret", isNamespaced: true);

    public static ResourceKind ConfigMap { get; } = Core<ConfigMap>("configmaps", "configmap", isNamespaced: true, "cm");

    public static ResourceKind ServiceAccount { get; } = Core<ServiceAccount>("serviceaccounts", "serviceaccount", isNamespaced: true, "sa");

    public static ResourceKind ResourceQuota { get; } = Core<ResourceQuota>("resourcequotas", "resourcequota", isNamespaced: true, "quota");

    public static ResourceKind Event { get; } = Core<Event>("events", "event", isNamespaced: true, "ev");

    public static ResourceKind Deployment { get; } = Apps<Deployment>("deployments", "deployment", "deploy");

    public static ResourceKind ReplicaSet { get; } = Apps<ReplicaSet>("replicasets", "replicaset", "rs");

    /// <summary>Stored and not served by itself: a Deployment's history shows it.</summary>
    public static ResourceKind DeploymentRevision { get; } = new()
    {
        Group = RolloutGroup,
        Version = "v1",
        Kind = nameof(DeploymentRevision),
        Plural = "deploymentrevisions",
        Singular = "deploymentrevision",
        IsNamespaced = true,
        Type = typeof(DeploymentRevision),
    };

    public static ResourceKind Service { get; } = Core<Service>("services", "service", isNamespaced: true, "svc") with { Categories = ["all"] };

    public static ResourceKind Endpoints { get; } = Core<Endpoints>("endpoints", "endpoints", isNamespaced: true, "ep");

    public static ResourceKind EndpointSlice { get; } = Of<EndpointSlice>("discovery.k8s.io", "endpointslices", "endpointslice");

    public static ResourceKind PodDisruptionBudget { get; } = Of<PodDisruptionBudget>("policy", "poddisruptionbudgets", "poddisruptionbudget", "pdb");

    public static ResourceKind Lease { get; } = Of<Lease>("coordination.k8s.io", "leases", "lease");

    /// <summary>Stored and not served: what Services have taken.</summary>
    public static ResourceKind ServiceAllocation { get; } =
        Of<ServiceAllocation>("controlplane.dev", "serviceallocations", "serviceallocation") with { IsNamespaced = false };

    public static ResourceKind RolloutPolicy { get; } =
        Of<RolloutPolicy>(RolloutGroup, "rolloutpolicies", "rolloutpolicy", "rop");

    /// <summary>Stored and not served: how far a Deployment's canary or blue-green has come.</summary>
    public static ResourceKind RolloutState { get; } = Of<RolloutState>(RolloutGroup, "rolloutstates", "rolloutstate");

    public static ValueList<ResourceKind> All { get; } =
    [
        Namespace, Node, Pod, Secret, ConfigMap, ServiceAccount, ResourceQuota, Event, Deployment, ReplicaSet, DeploymentRevision, Service, Endpoints, EndpointSlice,
        PodDisruptionBudget, Lease, ServiceAllocation, RolloutPolicy, RolloutState,
    ];

    private static readonly FrozenDictionary<Type, ResourceKind> ByType = All.ToFrozenDictionary(kind => kind.Type);

    private static readonly FrozenDictionary<string, ResourceKind> ByName = All.ToFrozenDictionary(kind => kind.Kind);

    public static ResourceKind Of<T>()
        where T : Resource => ByType[typeof(T)];

    public static ResourceKind Of(Resource resource) => ByType[resource.GetType()];

    /// <summary>The kind of a name such as <c>Deployment</c>; null when no such kind is stored.</summary>
    public static ResourceKind? Find(string kind) => ByName.GetValueOrDefault(kind);

    private static ResourceKind Core<T>(string plural, string singular, bool isNamespaced, params ReadOnlySpan<string> shortNames) => new()
    {
        Group = "",
        Version = "v1",
        Kind = typeof(T).Name,
        Plural = plural,
        Singular = singular,
        ShortNames = [.. shortNames],
        IsNamespaced = isNamespaced,
        Type = typeof(T),
    };

    private static ResourceKind Apps<T>(string plural, string singular, params ReadOnlySpan<string> shortNames) =>
        Of<T>("apps", plural, singular, shortNames) with { Categories = ["all"] };

    private static ResourceKind Of<T>(string group, string plural, string singular, params ReadOnlySpan<string> shortNames) => new()
    {
        Group = group,
        Version = "v1",
        Kind = typeof(T).Name,
        Plural = plural,
        Singular = singular,
        ShortNames = [.. shortNames],
        IsNamespaced = true,
        Type = typeof(T),
    };
}
