using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>An address and its names in a pod's <c>/etc/hosts</c>.</summary>
public sealed record HostAlias
{
    /// <summary>The address.</summary>
    public string Ip { get; init; } = "";

    /// <summary>Its names.</summary>
    public ValueList<string> Hostnames { get; init; }
}

/// <summary>How a pod resolves names, beside or instead of what its <c>dnsPolicy</c> says.</summary>
public sealed record PodDnsConfig
{
    /// <summary>Addresses of name servers, at most 3: besides those of the policy.</summary>
    public ValueList<string> Nameservers { get; init; }

    /// <summary>Domains that short names are looked for in, at most 32: after those of the policy.</summary>
    public ValueList<string> Searches { get; init; }

    /// <summary>Options of resolv.conf(5); one that the policy has too wins over it.</summary>
    public ValueList<PodDnsConfigOption> Options { get; init; }
}

/// <summary>An option of resolv.conf(5), such as <c>ndots</c> with <c>2</c>.</summary>
public sealed record PodDnsConfigOption
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Its value; none for a flag.</summary>
    public string? Value { get; init; }
}
