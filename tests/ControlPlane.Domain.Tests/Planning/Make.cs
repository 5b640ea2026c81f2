using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning;

/// <summary>Objects for planner tests.</summary>
internal static class Make
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 11, 0, 0, TimeSpan.Zero);

    public static readonly ValueMap<string> Labels = ValueMap.Of(("app", "hello"));

    public static Deployment Deployment(
        int replicas = 3,
        IntOrString? maxSurge = null,
        IntOrString? maxUnavailable = null,
        string strategy = "RollingUpdate",
        int minReadySeconds = 0,
        int? progressDeadlineSeconds = 600,
        int? revisionHistoryLimit = 10,
        string image = "hello:1") => new()
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new ObjectMeta { Name = "hello", Namespace = TestWorld.Namespace, Uid = "deployment-uid", Generation = 1, CreationTimestamp = Start },
            Spec = new DeploymentSpec
            {
                Replicas = replicas,
                Selector = new LabelSelector { MatchLabels = Labels },
                Template = Template(image),
                Strategy = new DeploymentStrategy
                {
                    Type = strategy,
                    RollingUpdate = strategy == "RollingUpdate"
                        ? new RollingUpdateDeployment { MaxSurge = maxSurge ?? "25%", MaxUnavailable = maxUnavailable ?? "25%" }
                        : null,
                },
                MinReadySeconds = minReadySeconds == 0 ? null : minReadySeconds,
                ProgressDeadlineSeconds = progressDeadlineSeconds,
                RevisionHistoryLimit = revisionHistoryLimit,
            },
        };

    /// <summary>A policy for all Deployments of the namespace, unless it names one.</summary>
    public static RolloutPolicy Policy(string name = "careful", RolloutStrategy? strategy = null, bool? rollbackOnFailure = null, string? target = null) => new()
    {
        ApiVersion = "rollouts.controlplane.dev/v1",
        Kind = "RolloutPolicy",
        Metadata = new ObjectMeta { Name = name, Namespace = TestWorld.Namespace, Uid = name + "-uid", Generation = 1, CreationTimestamp = Start },
        Spec = new RolloutPolicySpec
        {
            TargetRef = target is null ? null : new PolicyTarget { Name = target },
            Selector = target is null ? new LabelSelector() : null,
            RollbackOnFailure = rollbackOnFailure,
            Strategy = strategy,
        },
    };

    /// <summary>A Service that selects pods by one label.</summary>
    public static Service Service(string name, string key = "app", string value = "hello") => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new ObjectMeta { Name = name, Namespace = TestWorld.Namespace, Uid = name + "-service-uid" },
        Spec = new ServiceSpec { Selector = ValueMap.Of((key, value)) },
    };

    public static RolloutStrategy Canary(params CanaryStep[] steps) =>
        new() { Type = "Canary", Canary = new CanaryStrategy { Service = "hello", Steps = [.. steps] } };

    public static CanaryStep Weight(decimal weight) => new() { SetWeight = weight };

    /// <summary>A pause of so many seconds, or until it is promoted.</summary>
    public static CanaryStep Pause(int? seconds = null) => new() { Pause = new PauseStep { Duration = seconds is { } given ? given : null } };

    public static RolloutStrategy BlueGreen(BlueGreenStrategy? blueGreen = null) =>
        new() { Type = "BlueGreen", BlueGreen = (blueGreen ?? new BlueGreenStrategy()) with { ActiveService = "hello" } };

    public static PodTemplateSpec Template(string image) => new()
    {
        Metadata = new ObjectMeta { Labels = Labels },
        Spec = new PodSpec { Containers = [new Container { Name = "main", Image = image }], TerminationGracePeriodSeconds = 30 },
    };

    public static PodTemplateSpec WithImage(PodTemplateSpec template, string image) => template with
    {
        Spec = template.Spec with { Containers = [template.Spec.Containers[0] with { Image = image }] },
    };

    /// <summary>A bare ReplicaSet.</summary>
    public static ReplicaSet ReplicaSet(string name = "web", int replicas = 3, int minReadySeconds = 0, string image = "hello:1") => new()
    {
        ApiVersion = "apps/v1",
        Kind = "ReplicaSet",
        Metadata = new ObjectMeta { Name = name, Namespace = TestWorld.Namespace, Uid = name + "-uid", Generation = 1, CreationTimestamp = Start, Labels = Labels },
        Spec = new ReplicaSetSpec
        {
            Replicas = replicas,
            MinReadySeconds = minReadySeconds == 0 ? null : minReadySeconds,
            Selector = new LabelSelector { MatchLabels = Labels },
            Template = Template(image),
        },
    };

    /// <summary>One of the Deployment's ReplicaSets, as if an earlier pass had made it for the given number of replicas.</summary>
    public static ReplicaSet Revision(Deployment deployment, int revision, int replicas, string? image = null, int? sizedFor = null, int? maxReplicas = null)
    {
        string hash = "r" + revision;
        int desired = sizedFor ?? deployment.Spec.Replicas ?? 1;
        PodTemplateSpec template = Template(image ?? "hello:" + revision);
        ValueMap<string> labels = Labels.SetItem("pod-template-hash", hash);
        return new ReplicaSet
        {
            ApiVersion = "apps/v1",
            Kind = "ReplicaSet",
            Metadata = new ObjectMeta
            {
                Name = $"{deployment.Name}-{hash}",
                Namespace = TestWorld.Namespace,
                Uid = $"{hash}-uid",
                Generation = 1,
                CreationTimestamp = Start.AddMinutes(revision),
                Labels = labels,
                Annotations = ValueMap.Of(
                    ("deployment.kubernetes.io/revision", $"{revision}"),
                    ("deployment.kubernetes.io/desired-replicas", $"{desired}"),
                    ("deployment.kubernetes.io/max-replicas", $"{maxReplicas ?? desired}")),
                OwnerReferences = [Owner("Deployment", deployment)],
            },
            Spec = new ReplicaSetSpec
            {
                Replicas = replicas,
                MinReadySeconds = deployment.Spec.MinReadySeconds,
                Selector = new LabelSelector { MatchLabels = labels },
                Template = template with { Metadata = template.Metadata with { Labels = labels } },
            },
        };
    }

    /// <summary>A pending pod of a ReplicaSet, bound to a node.</summary>
    public static Pod Pod(ReplicaSet owner, string name, string? node = "node-1", DateTimeOffset? created = null) => new()
    {
        ApiVersion = "v1",
        Kind = "Pod",
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = TestWorld.Namespace,
            Uid = name + "-uid",
            Generation = 1,
            CreationTimestamp = created ?? Start.AddMinutes(30),
            Labels = owner.Spec.Template.Metadata.Labels,
            OwnerReferences = [Owner("ReplicaSet", owner)],
        },
        Spec = owner.Spec.Template.Spec with { NodeName = node },
        Status = new PodStatus { Phase = "Pending" },
    };

    public static OwnerReference Owner(string kind, Resource owner) =>
        new() { ApiVersion = "apps/v1", Kind = kind, Name = owner.Name, Uid = owner.Uid, Controller = true, BlockOwnerDeletion = true };

    public static Pod Ready(Pod pod, DateTimeOffset since) => pod with
    {
        Spec = pod.Spec with { NodeName = pod.Spec.NodeName ?? "node-1" },
        Status = (pod.Status ?? new PodStatus()) with { Phase = "Running", Conditions = [new Condition { Type = "Ready", Status = "True", LastTransitionTime = since }] },
    };

    public static Pod NotReady(Pod pod, DateTimeOffset since) => pod with
    {
        Status = (pod.Status ?? new PodStatus()) with { Phase = "Running", Conditions = [new Condition { Type = "Ready", Status = "False", LastTransitionTime = since }] },
    };

    public static Pod Terminating(Pod pod, DateTimeOffset when) =>
        pod with { Metadata = pod.Metadata with { DeletionTimestamp = when, DeletionGracePeriodSeconds = 30 } };

    public static bool IsActive(Pod pod) => !pod.Metadata.IsDeleting && pod.Status?.Phase is not ("Succeeded" or "Failed");

    public static bool IsReady(Pod pod) => pod.Status?.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    public static bool IsAvailable(Pod pod, int minReadySeconds, DateTimeOffset now) =>
        pod.Status?.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" } && condition.LastTransitionTime!.Value.AddSeconds(minReadySeconds) <= now) == true;

    public static Node Node(string name) => new()
    {
        ApiVersion = "v1",
        Kind = "Node",
        Metadata = new ObjectMeta { Name = name, Uid = name + "-uid", Labels = ValueMap.Of(("kubernetes.io/hostname", name)) },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity>
            {
                ["cpu"] = Quantity.Parse("1000"),
                ["memory"] = Quantity.Parse("1000Gi"),
                ["pods"] = Quantity.Parse("100000"),
            }.ToValueMap(),
            Conditions = [new Condition { Type = "Ready", Status = "True" }],
        },
    };
}
