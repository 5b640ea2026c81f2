using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules;

/// <summary>What every stored object fulfils: defaults filled in as Kubernetes does, and nothing in it that is wrong or not honoured.</summary>
public static class ResourceRules
{
    /// <summary>The object with Kubernetes' defaults filled in. Idempotent.</summary>
    public static Resource WithDefaults(Resource resource) => resource;

    /// <summary>What is wrong with a new object, after defaults; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> ValidateCreate(Resource resource) => [];

    /// <summary>What is wrong with a changed object, after defaults: the rules of a new one, and immutable fields.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(Resource updated, Resource stored) => [];
}
