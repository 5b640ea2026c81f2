using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of apps/v1 Deployments.</summary>
internal static class DeploymentDefaults
{
    public const string RollingUpdate = "RollingUpdate";
    public const string Recreate = "Recreate";

    private static readonly IntOrString QuarterOfReplicas = "25%";

    public static Deployment Apply(Deployment deployment) => deployment with
    {
        Spec = deployment.Spec with
        {
            Replicas = deployment.Spec.Replicas ?? 1,
            Template = PodTemplateDefaults.Apply(deployment.Spec.Template),
            Strategy = Apply(deployment.Spec.Strategy ?? new DeploymentStrategy()),
            MinReadySeconds = deployment.Spec.MinReadySeconds.ZeroAsAbsent(),
            RevisionHistoryLimit = deployment.Spec.RevisionHistoryLimit ?? 10,
            Paused = deployment.Spec.Paused.FalseAsAbsent(),
            ProgressDeadlineSeconds = deployment.Spec.ProgressDeadlineSeconds ?? 600,
        },
    };

    private static DeploymentStrategy Apply(DeploymentStrategy strategy)
    {
        string type = strategy.Type.EmptyAsAbsent() ?? RollingUpdate;
        return type != RollingUpdate
            ? strategy with { Type = type }
            : new DeploymentStrategy
            {
                Type = type,
                RollingUpdate = new RollingUpdateDeployment
                {
                    MaxUnavailable = strategy.RollingUpdate?.MaxUnavailable ?? QuarterOfReplicas,
                    MaxSurge = strategy.RollingUpdate?.MaxSurge ?? QuarterOfReplicas,
                },
            };
    }
}
