using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>
/// The fields that ask for isolation, of which processes of the host have none: a container that asks for it does not run, rather than run with less than it was promised.
/// </summary>
internal static class ProcessIsolation
{
    /// <summary>What a container asks for in vain, as its waiting message says it; null when it asks for nothing of the kind.</summary>
    public static string? ProblemOf(Pod pod, Container container)
    {
        string[] asked = [.. Asked(EffectiveSecurity.Of(pod, container))];
        return asked.Length == 0
            ? null
            : $"{string.Join(", ", asked)}: not possible on a node with the process runtime, where containers are processes of the host and nothing is isolated; "
                + "use a node with the docker runtime, or remove it";
    }

    private static IEnumerable<string> Asked(EffectiveSecurity security)
    {
        (string Field, bool IsAsked)[] fields =
        [
            ("runAsUser", security.RunAsUser is not null),
            ("runAsGroup", security.RunAsGroup is not null),
            ("runAsNonRoot", security.RunAsNonRoot),
            ("supplementalGroups", !security.SupplementalGroups.IsEmpty),
            ("privileged", security.IsPrivileged),
            ("readOnlyRootFilesystem", security.HasReadOnlyRootFilesystem),
            ("allowPrivilegeEscalation: false", !security.MayEscalatePrivileges),
            ("capabilities.add", !security.Capabilities.Add.IsEmpty),
            ("capabilities.drop", !security.Capabilities.Drop.IsEmpty),
            ("seccompProfile: RuntimeDefault", security.Seccomp == "RuntimeDefault"),
        ];
        return fields.Where(field => field.IsAsked).Select(field => $"securityContext.{field.Field}");
    }
}
