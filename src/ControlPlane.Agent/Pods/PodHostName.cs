using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>A pod's host name and the domain that it is in (Kubernetes: <c>GeneratePodHostNameAndDomain</c>).</summary>
/// <param name="Name">What its processes take for the host's name.</param>
/// <param name="Domain">Its domain; empty when it is in none, or when the name has it already.</param>
internal sealed record PodHostName(string Name, string Domain)
{
    /// <summary>The longest label of a domain name.</summary>
    private const int LabelCharsMax = 63;

    /// <summary>The longest host name that Linux takes.</summary>
    private const int NameCharsMax = 64;

    /// <summary>The host name of a pod with a network of its own.</summary>
    /// <exception cref="ContainerStartException">The full name is too long to be the host's.</exception>
    public static PodHostName Of(Pod pod)
    {
        string name = pod.Spec.Hostname is { Length: > 0 } given ? given : pod.Name;
        name = name.Length > LabelCharsMax ? name[..LabelCharsMax].TrimEnd('-', '.') : name;
        if (string.IsNullOrEmpty(pod.Spec.Subdomain))
        {
            return new PodHostName(name, "");
        }

        string domain = $"{pod.Spec.Subdomain}.{pod.Namespace}.svc.cluster.local";
        string full = $"{name}.{domain}";
        return pod.Spec.SetHostnameAsFQDN != true ? new PodHostName(name, domain)
            : full.Length <= NameCharsMax ? new PodHostName(full, "")
            : throw new ContainerStartException(
                $"Failed to construct FQDN from Pod hostname and cluster domain, FQDN {full} is too long ({NameCharsMax} characters is the max, {full.Length} characters requested)");
    }
}
