using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>How a pod's containers resolve names, as resolv.conf(5) has it (Kubernetes: <c>dnsPolicy</c> and <c>dnsConfig</c>). Where all is empty, as their node does.</summary>
/// <param name="Servers">Whom they ask, the first first.</param>
/// <param name="Searches">The domains that short names are looked for in.</param>
/// <param name="Options">Such as <c>ndots:5</c>.</param>
internal sealed record PodResolving(ValueList<string> Servers, ValueList<string> Searches, ValueList<string> Options)
{
    /// <summary>Says that there are none, where saying nothing would mean the node's.</summary>
    private const string NoSearches = ".";

    /// <param name="pod">The pod.</param>
    /// <param name="cluster">The address at which the names of Services are answered.</param>
    /// <param name="ofNode">The node's own name servers that a container can ask, and its search path.</param>
    public static PodResolving Of(Pod pod, string cluster, (IReadOnlyList<string> Servers, IReadOnlyList<string> Searches) ofNode)
    {
        PodDnsConfig own = pod.Spec.DnsConfig ?? new PodDnsConfig();
        bool isOnHost = pod.Spec.HostNetwork == true;
        PodResolving resolving = pod.Spec.DnsPolicy switch
        {
            "None" => new PodResolving(own.Nameservers, own.Searches, []),
            "Default" => AsNode(own, ofNode),

            // As the kubelet has it: in the node's network, ClusterFirst alone means the node's own.
            not "ClusterFirstWithHostNet" when isOnHost => AsNode(own, ofNode),
            _ => new PodResolving(
                [cluster, .. own.Nameservers, .. ofNode.Servers],
                [$"{pod.Namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local", .. ofNode.Searches, .. own.Searches],
                ["ndots:5"]),
        };
        ValueList<string> searches = [.. resolving.Searches.Select(domain => domain.TrimEnd('.')).Where(domain => domain.Length > 0).Distinct(StringComparer.Ordinal)];
        return new PodResolving(
            [.. resolving.Servers.Distinct(StringComparer.Ordinal)],
            searches.IsEmpty && pod.Spec.DnsPolicy == "None" ? [NoSearches] : searches,
            Merge(resolving.Options, own.Options));
    }

    private static PodResolving AsNode(PodDnsConfig own, (IReadOnlyList<string> Servers, IReadOnlyList<string> Searches) ofNode) =>
        own.Nameservers.IsEmpty && own.Searches.IsEmpty
            ? new PodResolving([], [], [])
            : new PodResolving([.. ofNode.Servers, .. own.Nameservers], [.. ofNode.Searches, .. own.Searches], []);

    /// <summary>The pod's option wins over the policy's of the same name.</summary>
    private static ValueList<string> Merge(ValueList<string> options, ValueList<PodDnsConfigOption> own) =>
    [
        .. options.Where(option => !own.Any(given => given.Name == option.Split(':')[0])),
        .. own.Select(given => string.IsNullOrEmpty(given.Value) ? given.Name! : $"{given.Name}:{given.Value}"),
    ];
}
