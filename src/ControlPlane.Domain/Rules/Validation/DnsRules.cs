using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for how a pod resolves names (Kubernetes: <c>validatePodDNSConfig</c>, <c>ValidateHostAliases</c>).</summary>
internal static class DnsRules
{
    private const int ServersMax = 3;
    private const int SearchesMax = 32;
    private const int SearchCharsMax = 2048;
    private const string AddressRule = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

    public static IEnumerable<FieldProblem> Errors(ValueList<HostAlias> aliases)
    {
        for (int i = 0; i < aliases.Count; i++)
        {
            if (!IsAddress(aliases[i].Ip))
            {
                yield return FieldProblem.Invalid(aliases[i].Ip, AddressRule) with { At = $"[{i}].ip" };
            }

            for (int j = 0; j < aliases[i].Hostnames.Count; j++)
            {
                if (Names.DnsSubdomain(aliases[i].Hostnames[j]) is { } problem)
                {
                    yield return FieldProblem.Invalid(aliases[i].Hostnames[j], problem) with { At = $"[{i}].hostnames[{j}]" };
                }
            }
        }
    }

    public static IEnumerable<FieldProblem> Errors(PodDnsConfig? config, string? policy)
    {
        if (policy == "None" && config is null)
        {
            return [FieldProblem.Required("must provide `dnsConfig` when `dnsPolicy` is None")];
        }

        if (policy == "None" && config!.Nameservers.IsEmpty)
        {
            return [FieldProblem.Required("must provide at least one DNS nameserver when `dnsPolicy` is None") with { At = ".nameservers" }];
        }

        return config is null ? [] : [.. Servers(config.Nameservers), .. Searches(config.Searches), .. Options(config.Options)];
    }

    private static IEnumerable<FieldProblem> Servers(ValueList<string> servers)
    {
        if (servers.Count > ServersMax)
        {
            yield return FieldProblem.Invalid(servers, $"must not have more than {ServersMax} nameservers") with { At = ".nameservers" };
        }

        for (int i = 0; i < servers.Count; i++)
        {
            if (!IsAddress(servers[i]))
            {
                yield return FieldProblem.Invalid(servers[i], AddressRule) with { At = $".nameservers[{i}]" };
            }
        }
    }

    private static IEnumerable<FieldProblem> Searches(ValueList<string> searches)
    {
        if (searches.Count > SearchesMax)
        {
            yield return FieldProblem.Invalid(searches, $"must not have more than {SearchesMax} search paths") with { At = ".searches" };
        }

        if (string.Join(' ', searches).Length > SearchCharsMax)
        {
            yield return FieldProblem.Invalid(searches, $"must not have more than {SearchCharsMax} characters (including spaces) in the search list") with { At = ".searches" };
        }

        for (int i = 0; i < searches.Count; i++)
        {
            // A dot alone says that there are none; one at the end changes nothing.
            if (searches[i] != "." && Names.DnsSubdomain(searches[i].EndsWith('.') ? searches[i][..^1] : searches[i]) is { } problem)
            {
                yield return FieldProblem.Invalid(searches[i], problem) with { At = $".searches[{i}]" };
            }
        }
    }

    private static IEnumerable<FieldProblem> Options(ValueList<PodDnsConfigOption> options) => options
        .Select((option, index) => string.IsNullOrEmpty(option.Name) ? FieldProblem.Required("must not be empty") with { At = $".options[{index}]" } : null)
        .OfType<FieldProblem>();

    private static bool IsAddress(string text) => Uri.CheckHostName(text) is UriHostNameType.IPv4 or UriHostNameType.IPv6;
}
