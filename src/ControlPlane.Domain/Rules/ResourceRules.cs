using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Rules.Defaults;
using ControlPlane.Domain.Rules.Validation;

namespace ControlPlane.Domain.Rules;

/// <summary>What every stored object fulfils: defaults filled in as Kubernetes does, and nothing in it that is wrong or not honoured.</summary>
public static class ResourceRules
{
    private static readonly DeploymentValidator DeploymentValidator = new();
    private static readonly ReplicaSetValidator ReplicaSetValidator = new();
    private static readonly PodValidator PodValidator = new();
    private static readonly SecretValidator SecretValidator = new();
    private static readonly ConfigMapValidator ConfigMapValidator = new();
    private static readonly ServiceAccountValidator ServiceAccountValidator = new();
    private static readonly ResourceQuotaValidator ResourceQuotaValidator = new();
    private static readonly NamespaceValidator NamespaceValidator = new();
    private static readonly NodeValidator NodeValidator = new();
    private static readonly EventValidator EventValidator = new();
    private static readonly EventsV1Validator EventsV1Validator = new();
    private static readonly DeploymentStatusValidator DeploymentStatusValidator = new();
    private static readonly ReplicaSetStatusValidator ReplicaSetStatusValidator = new();
    private static readonly ServiceValidator ServiceValidator = new();
    private static readonly EndpointsValidator EndpointsValidator = new();
    private static readonly EndpointSliceValidator EndpointSliceValidator = new();
    private static readonly PodDisruptionBudgetValidator PodDisruptionBudgetValidator = new();
    private static readonly LeaseValidator LeaseValidator = new();
    private static readonly RolloutPolicyValidator RolloutPolicyValidator = new();

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
        Service service => ServiceDefaults.Apply(service),
        Endpoints endpoints => EndpointsDefaults.Apply(endpoints),
        EndpointSlice slice => EndpointsDefaults.Apply(slice),
        PodDisruptionBudget budget => PodDisruptionBudgetDefaults.Apply(budget),
        _ => resource,
    };

    /// <summary>A changed object, before defaults, with what was chosen for the stored one where the change says nothing of it.</summary>
    public static Resource WithChoicesOf(Resource updated, Resource stored) =>
        (updated, stored) is (Service now, Service before) ? ServiceDefaults.Carry(now, before) : updated;

    /// <summary>The object after defaults with the times that the API sets: since when a node has a taint. Idempotent.</summary>
    /// <param name="updated">The object as it is to be stored.</param>
    /// <param name="stored">The object as it is stored; null for a new one.</param>
    /// <param name="now">The time, in whole seconds.</param>
    public static Resource WithTimes(Resource updated, Resource? stored, DateTimeOffset now) =>
        updated is Node node ? TaintTimes.Apply(node, stored as Node, now) : updated;

    /// <summary>What is wrong with a new object, after defaults; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> ValidateCreate(Resource resource)
    {
        List<FieldError> errors = [.. resource switch
        {
            Deployment deployment => DeploymentValidator.Errors(deployment),
            ReplicaSet replicaSet => ReplicaSetValidator.Errors(replicaSet),
            Pod pod => PodValidator.Errors(pod),
            Secret secret => SecretValidator.Errors(secret),
            ConfigMap map => ConfigMapValidator.Errors(map),
            ServiceAccount account => ServiceAccountValidator.Errors(account),
            ResourceQuota quota => ResourceQuotaValidator.Errors(quota),
            Namespace item => NamespaceValidator.Errors(item),
            Node node => NodeValidator.Errors(node),
            Event item => EventValidator.Errors(item),
            Resources.EventsV1.Event item => EventsV1Validator.Errors(item),
            Service service => ServiceValidator.Errors(service),
            Endpoints endpoints => EndpointsValidator.Errors(endpoints),
            EndpointSlice slice => EndpointSliceValidator.Errors(slice),
            PodDisruptionBudget budget => PodDisruptionBudgetValidator.Errors(budget),
            Lease lease => LeaseValidator.Errors(lease),
            RolloutPolicy policy => RolloutPolicyValidator.Errors(policy),
            _ => [],
        }];

        // A field that is wrong by Kubernetes' own rules is not reported a second time for not being honoured.
        HashSet<string> reported = [.. errors.Select(error => error.Field)];
        errors.AddRange(ErrorsOfContent(resource).Where(error => !reported.Contains(error.Field)));
        return errors;
    }

    /// <summary>What is wrong with a changed object, after defaults: the rules of a new one, and immutable fields.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(Resource updated, Resource stored) =>
    [
        .. ValidateCreate(updated),
        .. ObjectMetaValidator.ErrorsOfUpdate(updated.Metadata, stored.Metadata),
        .. (updated, stored) switch
        {
            (Deployment now, Deployment before) => Validation.DeploymentValidator.ErrorsOfUpdate(now, before),
            (ReplicaSet now, ReplicaSet before) => Validation.ReplicaSetValidator.ErrorsOfUpdate(now, before),
            (Pod now, Pod before) => Validation.PodValidator.ErrorsOfUpdate(now, before),
            (Secret now, Secret before) => Validation.SecretValidator.ErrorsOfUpdate(now, before),
            (ConfigMap now, ConfigMap before) => Validation.ConfigMapValidator.ErrorsOfUpdate(now, before),
            (Service now, Service before) => Validation.ServiceValidator.ErrorsOfUpdate(now, before),
            (ResourceQuota now, ResourceQuota before) => QuotaScopeRules.ErrorsOfUpdate(now, before),
            (EndpointSlice now, EndpointSlice before) => Validation.EndpointSliceValidator.ErrorsOfUpdate(now, before),
            _ => [],
        },
    ];

    /// <summary>What is wrong with a status that a client wrote; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> ValidateStatusUpdate(Resource updated, Resource stored) => (updated, stored) switch
    {
        (Deployment now, Deployment before) => [.. DeploymentStatusValidator.Errors(now), .. Validation.DeploymentStatusValidator.ErrorsOfUpdate(now, before)],
        (ReplicaSet now, ReplicaSet) => [.. ReplicaSetStatusValidator.Errors(now)],
        _ => [],
    };

    /// <summary>
    /// The <c>metadata.generation</c> of an object after defaults: 1 for a new one, one more than the stored one when the spec has changed.
    /// Null for kinds that have none (Kubernetes API conventions, generation).
    /// </summary>
    /// <param name="stored">The object as it is stored; null for a new one.</param>
    public static long? Generation(Resource updated, Resource? stored) => (updated, stored) switch
    {
        (Deployment or ReplicaSet or PodDisruptionBudget or RolloutPolicy, null) => 1,
        (Deployment now, Deployment before) => Next(before, now.Spec != before.Spec),
        (ReplicaSet now, ReplicaSet before) => Next(before, now.Spec != before.Spec),
        (PodDisruptionBudget now, PodDisruptionBudget before) => Next(before, now.Spec != before.Spec),
        (RolloutPolicy now, RolloutPolicy before) => Next(before, now.Spec != before.Spec),
        _ => stored?.Metadata.Generation,
    };

    /// <summary>What can be told from the object's JSON alone, whatever its kind.</summary>
    private static IEnumerable<FieldError> ErrorsOfContent(Resource resource)
    {
        using JsonDocument document = JsonDocument.Parse(ResourceJson.SerializeToUtf8Bytes(resource));
        string[] podSpec = resource switch
        {
            Pod => ["spec"],
            Deployment or ReplicaSet => ["spec", "template", "spec"],
            _ => [],
        };
        return
        [
            .. ErrorsOfText(document.RootElement, isSecret: resource is Secret),
            .. podSpec.Length == 0 ? [] : NotHonouredFields.Errors(Member(document.RootElement, podSpec), string.Join('.', podSpec)),
            .. resource is Service ? NotHonouredFields.ErrorsOfService(document.RootElement.GetProperty("spec"), "spec") : [],
        ];
    }

    private static JsonElement Member(JsonElement element, string[] path) =>
        path.Aggregate(element, (parent, name) => parent.GetProperty(name));

    /// <summary>PostgreSQL stores every text but the one with the character zero in it.</summary>
    private static IEnumerable<FieldError> ErrorsOfText(JsonElement root, bool isSecret) =>
        from field in JsonFields.Texts(root, "")
        where field.Text.Contains('\0', StringComparison.Ordinal)
        select ImmutableFields.Error(field.At, FieldProblem.Invalid(isSecret ? Validation.SecretValidator.Redacted : field.Text, "must not contain the character U+0000"));

    private static long Next(Resource stored, bool hasChanged) => (stored.Metadata.Generation ?? 1) + (hasChanged ? 1 : 0);
}
