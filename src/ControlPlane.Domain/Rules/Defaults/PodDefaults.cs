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
        bool isOnHost = spec.HostNetwork == true;
        spec = spec with
        {
            InitContainers = spec.InitContainers.Select(container => RequestWhatIsLimited(isOnHost ? TakeHostPorts(container) : container)).ToValueList(),
            Containers = spec.Containers.Select(container => RequestWhatIsLimited(isOnHost ? TakeHostPorts(container) : container)).ToValueList(),
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

    /// <summary>In the node's network a container's ports are the node's.</summary>
    private static Container TakeHostPorts(Container container) =>
        container with { Ports = container.Ports.Select(port => port with { HostPort = port.HostPort ?? port.Number }).ToValueList() };

    /// <summary>A resource that is limited and not requested is requested at its limit.</summary>
    private static Container RequestWhatIsLimited(Container container) => container.Resources is not { Limits.IsEmpty: false } resources
        ? container
        : container with { Resources = resources with { Requests = resources.Limits.SetItems(resources.Requests) } };
}
