using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults that hold for pods and not for templates (Kubernetes: SetDefaults_Pod, the pod strategy on create, and the ServiceAccount admission).</summary>
internal static class PodDefaults
{
    public const string ServiceAccount = "default";

    public static Pod Apply(Pod pod)
    {
        PodSpec spec = PodTemplateDefaults.Apply(pod.Spec);
        spec = spec with
        {
            InitContainers = spec.InitContainers.Select(RequestWhatIsLimited).ToValueList(),
            Containers = spec.Containers.Select(RequestWhatIsLimited).ToValueList(),
            EnableServiceLinks = spec.EnableServiceLinks ?? true,
            ServiceAccountName = spec.ServiceAccountName ?? ServiceAccount,
            ServiceAccount = spec.ServiceAccountName ?? ServiceAccount,
            Priority = PriorityClasses.PriorityOf(spec),
        };
        PodStatus status = pod.Status ?? new PodStatus();
        return pod with
        {
            Spec = spec,
            Status = status with
            {
                Phase = status.Phase.EmptyAsAbsent() ?? "Pending",
                QosClass = status.QosClass.EmptyAsAbsent() ?? QualityOfService.Of(spec),
            },
        };
    }

    /// <summary>A resource that is limited and not requested is requested at its limit.</summary>
    private static Container RequestWhatIsLimited(Container container) => container.Resources is not { Limits.IsEmpty: false } resources
        ? container
        : container with { Resources = resources with { Requests = resources.Limits.SetItems(resources.Requests) } };
}
