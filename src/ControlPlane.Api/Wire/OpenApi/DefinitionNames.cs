using System.Collections.Frozen;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Reviews;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>The names Kubernetes gives its types in OpenAPI documents; clients find the shape of a kind by them.</summary>
internal static class DefinitionNames
{
    public const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

    public const string IntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

    public const string Quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";

    public const string Time = $"{Meta}.Time";

    public const string MicroTime = $"{Meta}.MicroTime";

    public const string Patch = $"{Meta}.Patch";

    public const string ListMeta = $"{Meta}.ListMeta";

    public const string Status = $"{Meta}.Status";

    public const string DeleteOptions = $"{Meta}.DeleteOptions";

    private const string Authorization = "io.k8s.api.authorization.v1";

    private const string Authentication = "io.k8s.api.authentication.v1";

    /// <summary>What is ours, where Kubernetes has no name.</summary>
    private const string Ours = "dev.controlplane.rollouts.v1";

    private static readonly FrozenSet<string?> OurNamespaces = new[]
    {
        typeof(Domain.Planning.Explaining.RolloutView).Namespace,
        typeof(Domain.Resources.Policies.RolloutPolicy).Namespace,
    }.ToFrozenSet();

    private static readonly FrozenDictionary<Type, string> Packages = new Dictionary<Type, string>
    {
        [typeof(ObjectMeta)] = Meta,
        [typeof(OwnerReference)] = Meta,
        [typeof(ManagedFieldsEntry)] = Meta,
        [typeof(LabelSelector)] = Meta,
        [typeof(LabelSelectorRequirement)] = Meta,
        [typeof(Condition)] = Meta,
        [typeof(Deployment)] = "io.k8s.api.apps.v1",
        [typeof(DeploymentSpec)] = "io.k8s.api.apps.v1",
        [typeof(DeploymentStatus)] = "io.k8s.api.apps.v1",
        [typeof(DeploymentStrategy)] = "io.k8s.api.apps.v1",
        [typeof(RollingUpdateDeployment)] = "io.k8s.api.apps.v1",
        [typeof(ReplicaSet)] = "io.k8s.api.apps.v1",
        [typeof(ReplicaSetSpec)] = "io.k8s.api.apps.v1",
        [typeof(ReplicaSetStatus)] = "io.k8s.api.apps.v1",
        [typeof(ConfirmedStores)] = "dev.controlplane.v1",
        [typeof(Scale)] = "io.k8s.api.autoscaling.v1",
        [typeof(ScaleSpec)] = "io.k8s.api.autoscaling.v1",
        [typeof(ScaleStatus)] = "io.k8s.api.autoscaling.v1",
        [typeof(EndpointSlice)] = "io.k8s.api.discovery.v1",
        [typeof(Domain.Resources.Endpoint)] = "io.k8s.api.discovery.v1",
        [typeof(EndpointConditions)] = "io.k8s.api.discovery.v1",
        [typeof(EndpointSlicePort)] = "io.k8s.api.discovery.v1",
        [typeof(Domain.Resources.DiscoveryV1Beta1.EndpointSlice)] = "io.k8s.api.discovery.v1beta1",
        [typeof(Domain.Resources.DiscoveryV1Beta1.Endpoint)] = "io.k8s.api.discovery.v1beta1",
        [typeof(Lease)] = "io.k8s.api.coordination.v1",
        [typeof(LeaseSpec)] = "io.k8s.api.coordination.v1",
        [typeof(Domain.Resources.EventsV1.Event)] = "io.k8s.api.events.v1",
        [typeof(Domain.Resources.EventsV1.EventSeries)] = "io.k8s.api.events.v1",
        [typeof(SelfSubjectAccessReview)] = Authorization,
        [typeof(SelfSubjectAccessReviewSpec)] = Authorization,
        [typeof(SubjectAccessReview)] = Authorization,
        [typeof(SubjectAccessReviewSpec)] = Authorization,
        [typeof(SubjectAccessReviewStatus)] = Authorization,
        [typeof(LocalSubjectAccessReview)] = Authorization,
        [typeof(ResourceAttributes)] = Authorization,
        [typeof(NonResourceAttributes)] = Authorization,
        [typeof(SelfSubjectRulesReview)] = Authorization,
        [typeof(SelfSubjectRulesReviewSpec)] = Authorization,
        [typeof(SubjectRulesReviewStatus)] = Authorization,
        [typeof(ResourceRule)] = Authorization,
        [typeof(NonResourceRule)] = Authorization,
        [typeof(SelfSubjectReview)] = Authentication,
        [typeof(SelfSubjectReviewStatus)] = Authentication,
        [typeof(TokenReview)] = Authentication,
        [typeof(TokenReviewSpec)] = Authentication,
        [typeof(TokenReviewStatus)] = Authentication,
        [typeof(UserInfo)] = Authentication,
        [typeof(PodDisruptionBudget)] = "io.k8s.api.policy.v1",
        [typeof(PodDisruptionBudgetSpec)] = "io.k8s.api.policy.v1",
        [typeof(PodDisruptionBudgetStatus)] = "io.k8s.api.policy.v1",
        [typeof(Domain.Resources.PolicyV1Beta1.PodDisruptionBudget)] = "io.k8s.api.policy.v1beta1",
        [typeof(Eviction)] = "io.k8s.api.policy.v1",
    }.ToFrozenDictionary();

    /// <summary>The name of a record, such as <c>io.k8s.api.core.v1.PodSpec</c>.</summary>
    public static string Of(Type type) => $"{Packages.GetValueOrDefault(type, OurNamespaces.Contains(type.Namespace) ? Ours : "io.k8s.api.core.v1")}.{type.Name}";

    public static string ListOf(Type type) => Of(type) + "List";
}
