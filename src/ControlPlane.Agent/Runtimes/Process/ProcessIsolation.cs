using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>
/// The fields that ask for what processes of the host do not have: isolation, and files of their own. A container that asks for it does not run, rather than run with less than it was promised.
/// </summary>
internal static class ProcessIsolation
{
    /// <summary>What a container asks for in vain, as its waiting message says it; null when it asks for nothing of the kind.</summary>
    public static string? ProblemOf(Pod pod, Container container)
    {
        string[] asked = [.. Asked(pod, EffectiveSecurity.Of(pod, container), container).Where(field => field.IsAsked).Select(field => field.Name)];
        return asked.Length == 0
            ? null
            : $"{string.Join(", ", asked)}: not possible on a node with the process runtime, where containers are processes of the host and nothing is isolated; "
                + "use a node with the docker runtime, or remove it";
    }

    private static IEnumerable<(string Name, bool IsAsked)> Asked(Pod pod, EffectiveSecurity security, Container container) =>
    [
        ("volumeMounts", !container.VolumeMounts.IsEmpty),
        ("securityContext.fsGroup", security.FsGroup is not null),
        ("securityContext.runAsUser", security.RunAsUser is not null),
        ("securityContext.runAsGroup", security.RunAsGroup is not null),
        ("securityContext.runAsNonRoot", security.RunAsNonRoot),
        ("securityContext.supplementalGroups", !security.SupplementalGroups.IsEmpty),
        ("securityContext.privileged", security.IsPrivileged),
        ("securityContext.readOnlyRootFilesystem", security.HasReadOnlyRootFilesystem),
        ("securityContext.allowPrivilegeEscalation: false", !security.MayEscalatePrivileges),
        ("securityContext.capabilities.add", !security.Capabilities.Add.IsEmpty),
        ("securityContext.capabilities.drop", !security.Capabilities.Drop.IsEmpty),
        ("securityContext.seccompProfile: RuntimeDefault", security.Seccomp == "RuntimeDefault"),
        ("dnsPolicy: None", pod.Spec.DnsPolicy == "None"),
        ("dnsConfig", pod.Spec.DnsConfig is { } dns && dns != new PodDnsConfig()),
        ("hostAliases", !pod.Spec.HostAliases.IsEmpty),
        ("setHostnameAsFQDN", pod.Spec is { SetHostnameAsFQDN: true, Subdomain: not null }),
        ("terminationMessagePath", TerminationMessage.PathOf(container) != TerminationMessage.DefaultPath),
    ];
}
