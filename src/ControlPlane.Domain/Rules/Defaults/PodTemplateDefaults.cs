using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of a pod's spec that hold in templates too (Kubernetes: SetDefaults_PodSpec).</summary>
internal static class PodTemplateDefaults
{
    public const long GracePeriodSeconds = 30;
    public const string ClusterFirst = "ClusterFirst";
    public const string SchedulerName = "default-scheduler";

    public static PodTemplateSpec Apply(PodTemplateSpec template) => template with { Spec = Apply(template.Spec) };

    /// <summary>An account's old name says what the new one does, which wins where they differ.</summary>
    public static PodSpec Apply(PodSpec spec) => spec with
    {
        Volumes = spec.Volumes.Select(VolumeDefaults.Apply).ToValueList(),
        InitContainers = spec.InitContainers.Select(ContainerDefaults.Apply).ToValueList(),
        Containers = spec.Containers.Select(ContainerDefaults.Apply).ToValueList(),
        RestartPolicy = spec.RestartPolicy.EmptyAsAbsent() ?? "Always",
        TerminationGracePeriodSeconds = spec.TerminationGracePeriodSeconds ?? GracePeriodSeconds,
        DnsPolicy = spec.DnsPolicy.EmptyAsAbsent() ?? ClusterFirst,
        ServiceAccountName = spec.ServiceAccountName.EmptyAsAbsent() ?? spec.ServiceAccount.EmptyAsAbsent(),
        ServiceAccount = spec.ServiceAccountName.EmptyAsAbsent() ?? spec.ServiceAccount.EmptyAsAbsent(),
        NodeName = spec.NodeName.EmptyAsAbsent(),
        HostNetwork = spec.HostNetwork.FalseAsAbsent(),
        HostPID = spec.HostPID.FalseAsAbsent(),
        HostIPC = spec.HostIPC.FalseAsAbsent(),
        SecurityContext = spec.SecurityContext ?? new PodSecurityContext(),
        Hostname = spec.Hostname.EmptyAsAbsent(),
        Subdomain = spec.Subdomain.EmptyAsAbsent(),
        SchedulerName = spec.SchedulerName.EmptyAsAbsent() ?? SchedulerName,
        PriorityClassName = spec.PriorityClassName.EmptyAsAbsent(),
        Tolerations = spec.Tolerations.Select(Apply).ToValueList(),
    };

    private static Toleration Apply(Toleration toleration) => toleration with
    {
        Key = toleration.Key.EmptyAsAbsent(),
        Operator = toleration.Operator.EmptyAsAbsent(),
        Value = toleration.Value.EmptyAsAbsent(),
        Effect = toleration.Effect.EmptyAsAbsent(),
    };
}
