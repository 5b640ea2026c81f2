using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>Policies, the Services that they divide, and what users do with them.</summary>
internal static class Canaries
{
    public static CanaryStep Weight(decimal weight) => new() { SetWeight = weight };

    /// <summary>A pause of so many seconds, or until it is promoted.</summary>
    public static CanaryStep Pause(int? seconds = null) => new() { Pause = new PauseStep { Duration = seconds is { } given ? given : null } };

    public static RolloutStrategy Strategy(string? service, params CanaryStep[] steps) =>
        new() { Type = "Canary", Canary = new CanaryStrategy { Service = service, Steps = [.. steps] } };

    public static RolloutPolicy Policy(ObjectMeta metadata, RolloutStrategy strategy, string? target = null) => new()
    {
        ApiVersion = "rollouts.controlplane.dev/v1",
        Kind = "RolloutPolicy",
        Metadata = metadata with { Generation = 1 },
        Spec = new RolloutPolicySpec
        {
            TargetRef = target is null ? null : new PolicyTarget { Name = target },
            Selector = target is null ? new LabelSelector() : null,
            Strategy = strategy,
        },
    };

    public static Service Service(ObjectMeta metadata, string app) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = metadata,
        Spec = new ServiceSpec { Type = "ClusterIP", ClusterIP = "127.96.0.9", Selector = ValueMap.Of(("app", app)), Ports = [new ServicePort { Port = 80, TargetPort = "http", Protocol = "TCP" }] },
    };

    /// <summary>A user's change of the image.</summary>
    public static Deployment WithImage(Deployment deployment, string image)
    {
        PodTemplateSpec template = deployment.Spec.Template;
        PodSpec pod = template.Spec with { Containers = [template.Spec.Containers[0] with { Image = image }] };
        return deployment with
        {
            Metadata = deployment.Metadata with { Generation = deployment.Metadata.Generation + 1 },
            Spec = deployment.Spec with { Template = template with { Spec = pod } },
        };
    }

    /// <summary>A user's <c>promote</c>, where something waits for it.</summary>
    public static Deployment Promoted(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, RolloutState state, DateTimeOffset now) =>
        Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Promote(Full: false), deployment, replicaSets, now, state)).Deployment;
}
