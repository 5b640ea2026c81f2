using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for pods in their node's network (Kubernetes: <c>validateHostNetwork</c>).</summary>
internal static class HostNetworkRules
{
    /// <summary>A container's port is the node's there. One that a template leaves open is filled in when its pods are made.</summary>
    public static IEnumerable<FieldProblem> Ports(PodSpec spec, ValueList<Container> containers)
    {
        for (int i = 0; spec.HostNetwork == true && i < containers.Count; i++)
        {
            for (int j = 0; j < containers[i].Ports.Count; j++)
            {
                ContainerPort port = containers[i].Ports[j];
                if (port.HostPort is > 0 && port.HostPort != port.Number)
                {
                    yield return FieldProblem.Invalid(port.Number, "must match `hostPort` when `hostNetwork` is true") with { At = $"[{i}].ports[{j}].containerPort" };
                }
            }
        }
    }
}
