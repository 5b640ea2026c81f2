using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>How a container is isolated: what it says itself, and what its pod says where it is silent (Kubernetes: <c>DetermineEffectiveSecurityContext</c>).</summary>
internal sealed record EffectiveSecurity
{
    public long? RunAsUser { get; private init; }

    public long? RunAsGroup { get; private init; }

    public bool RunAsNonRoot { get; private init; }

    public ValueList<long> SupplementalGroups { get; private init; }

    /// <summary>The group of the pod's volumes, which its processes have too.</summary>
    public long? FsGroup { get; private init; }

    /// <summary>The groups of the container's processes besides the one they run as.</summary>
    public IEnumerable<long> Groups => FsGroup is { } group ? SupplementalGroups.Append(group).Distinct() : SupplementalGroups;

    public bool IsPrivileged { get; private init; }

    public bool HasReadOnlyRootFilesystem { get; private init; }

    public bool MayEscalatePrivileges { get; private init; }

    public Capabilities Capabilities { get; private init; } = new();

    /// <summary>Which system calls are let through; null where nothing is said.</summary>
    public string? Seccomp { get; private init; }

    /// <summary>True where all system calls are to be let through.</summary>
    public bool IsUnconfined => Seccomp == "Unconfined";

    /// <summary>True where only the image can tell whom the container runs as.</summary>
    public bool AsksForImageUser => RunAsUser is null && (RunAsNonRoot || RunAsGroup is not null);

    public static EffectiveSecurity Of(Pod pod, Container container)
    {
        PodSecurityContext whole = pod.Spec.SecurityContext ?? new PodSecurityContext();
        SecurityContext own = container.SecurityContext ?? new SecurityContext();
        return new EffectiveSecurity
        {
            RunAsUser = own.RunAsUser ?? whole.RunAsUser,
            RunAsGroup = own.RunAsGroup ?? whole.RunAsGroup,
            RunAsNonRoot = (own.RunAsNonRoot ?? whole.RunAsNonRoot) == true,
            SupplementalGroups = whole.SupplementalGroups,
            FsGroup = whole.FsGroup,
            IsPrivileged = own.Privileged == true,
            HasReadOnlyRootFilesystem = own.ReadOnlyRootFilesystem == true,
            MayEscalatePrivileges = own.AllowPrivilegeEscalation != false,
            Capabilities = own.Capabilities ?? new Capabilities(),
            Seccomp = (own.SeccompProfile ?? whole.SeccompProfile)?.Type,
        };
    }

    /// <summary>Why the container would run as root though it must not, in the kubelet's words (<c>verifyRunAsNonRoot</c>); null when it would not.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="imageUser">The image's user, such as <c>1000</c>, <c>app:app</c>, or empty for root.</param>
    public string? RootProblem(Pod pod, Container container, string imageUser)
    {
        string who = $"(pod: \"{pod.Name}_{pod.Namespace}({pod.Uid})\", container: {container.Name})";
        if (!RunAsNonRoot || RunAsUser > 0)
        {
            return null;
        }

        if (RunAsUser == 0)
        {
            return $"container's runAsUser breaks non-root policy {who}";
        }

        string name = imageUser.Split(':')[0];
        bool isNumber = long.TryParse(name, out long id);
        return name.Length == 0 || (isNumber && id == 0) ? $"container has runAsNonRoot and image will run as root {who}"
            : isNumber ? null
            : $"container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root {who}";
    }
}
