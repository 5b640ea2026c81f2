using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules.Defaults;

namespace ControlPlane.Domain.Rules;

/// <summary>What every stored object fulfils: defaults filled in as Kubernetes does, and nothing in it that is wrong or not honoured.</summary>
public static class ResourceRules
{
    /// <summary>The object with Kubernetes' defaults filled in. Idempotent.</summary>
    public static Resource WithDefaults(Resource resource) => resource switch
    {
        Deployment deployment => DeploymentDefaults.Apply(deployment),
        ReplicaSet replicaSet => ReplicaSetDefaults.Apply(replicaSet),
        Pod pod => PodDefaults.Apply(pod),
        Secret secret => SecretDefaults.Apply(secret),
        Namespace item => NamespaceDefaults.Apply(item),
        Node node => NodeDefaults.Apply(node),
        Event item => EventDefaults.Apply(item),
        _ => resource,
    };

    /// <summary>What is wrong with a new object, after defaults; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> ValidateCreate(Resource resource) => [];

    /// <summary>What is wrong with a changed object, after defaults: the rules of a new one, and immutable fields.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(Resource updated, Resource stored) => [];

    /// <summary>
    /// The <c>metadata.generation</c> of an object after defaults: 1 for a new one, one more than the stored one when the spec has changed.
    /// Null for kinds that have none (Kubernetes API conventions, generation).
    /// </summary>
    /// <param name="stored">The object as it is stored; null for a new one.</param>
    public static long? Generation(Resource updated, Resource? stored) => (updated, stored) switch
    {
        (Deployment or ReplicaSet, null) => 1,
        (Deployment now, Deployment before) => Next(before, now.Spec != before.Spec),
        (ReplicaSet now, ReplicaSet before) => Next(before, now.Spec != before.Spec),
        _ => stored?.Metadata.Generation,
    };

    private static long Next(Resource stored, bool hasChanged) => (stored.Metadata.Generation ?? 1) + (hasChanged ? 1 : 0);
}
