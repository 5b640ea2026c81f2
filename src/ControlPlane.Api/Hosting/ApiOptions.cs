using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.Routing;

namespace ControlPlane.Api.Hosting;

/// <summary>How this replica is reached and where it keeps its files: section <c>ControlPlane</c> of the configuration.</summary>
public sealed record ApiOptions
{
    public const string Section = "ControlPlane";

    /// <summary>The arguments that stand for settings.</summary>
    public static IDictionary<string, string> Arguments { get; } = new Dictionary<string, string>
    {
        ["--http-port"] = $"{Section}:{nameof(HttpPort)}",
        ["--https-port"] = $"{Section}:{nameof(HttpsPort)}",
        ["--advertise"] = $"{Section}:{nameof(Advertise)}",
        ["--replica-url"] = $"{Section}:{nameof(ReplicaUrl)}",
        ["--data-dir"] = $"{Section}:{nameof(DataDir)}",
    };

    /// <summary>The port for plain HTTP, on loopback only; 0 takes a free one, a negative number serves none.</summary>
    public int HttpPort { get; init; } = 8080;

    /// <summary>The port for HTTPS, on all addresses; 0 takes a free one, a negative number serves none.</summary>
    public int HttpsPort { get; init; } = 8443;

    /// <summary>Names and addresses that clients use beside localhost and the host's name, separated by commas.</summary>
    public string Advertise { get; init; } = "";

    /// <summary>
    /// The address under which agents reach this very replica, not one that stands for several, such as <c>https://10.0.0.6:8443</c>. Default: HTTPS on the
    /// first of <see cref="Advertise"/>, else on the host's name.
    /// </summary>
    public string? ReplicaUrl { get; init; }

    /// <summary>Where certificates and tokens are kept.</summary>
    public string DataDir { get; init; } = ".data";

    /// <summary>The file with the token named <c>admin</c>; made when it is missing. Default: <c>admin.token</c> in the data folder.</summary>
    public string? AdminTokenFile { get; init; }

    /// <summary>The file with the token that agents join with; made when it is missing. Default: <c>agent.token</c> in the data folder.</summary>
    public string? AgentTokenFile { get; init; }

    /// <summary>Whether this replica takes part in electing the reconciler; false serves requests only.</summary>
    public bool Reconciles { get; init; } = true;

    /// <summary>Requests that are worked on at a time, watches and other long ones aside; as many again may wait.</summary>
    public int RequestsMax { get; init; } = 400;

    /// <summary>Watches, followed logs and held agent calls that are open at a time.</summary>
    public int LongRequestsMax { get; init; } = 20_000;

    /// <summary>How many pods are kept that have ended; beyond, the oldest are deleted. 0 or less keeps any number.</summary>
    public int EndedPodsMax { get; init; } = EndedPods.DefaultThreshold;

    /// <summary>
    /// Whether a pod of a Service is stopped only after its requests are done. False stops it as soon as it is marked, so requests are lost, as many as a benchmark then counts; the same for all replicas.
    /// </summary>
    public bool DrainsPods { get; init; } = true;

    /// <summary>Where Services' addresses come from. Every node must be able to listen on them: loopback addresses, unless the nodes are set up for others.</summary>
    public string ServiceClusterIPRange { get; init; } = Domain.Planning.Routing.ServiceRanges.Default.Addresses.ToString();

    /// <summary>Where Services' node ports come from.</summary>
    public string ServiceNodePortRange { get; init; } = Domain.Planning.Routing.ServiceRanges.Default.NodePorts.ToString();

    /// <exception cref="FormatException">One of the two is no range.</exception>
    public ServiceRanges ServiceRanges => new(AddressRange.Parse(ServiceClusterIPRange), PortRange.Parse(ServiceNodePortRange));

    public string AdminTokenPath => AdminTokenFile ?? Path.Combine(DataDir, "admin.token");

    public string AgentTokenPath => AgentTokenFile ?? Path.Combine(DataDir, "agent.token");

    public IReadOnlyList<string> AdvertisedNames =>
        Advertise.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The names that the certificate is for, beside localhost and the host's name.</summary>
    public IEnumerable<string> CertifiedNames => ReplicaUrl is { } url ? AdvertisedNames.Append(new Uri(url).IdnHost) : AdvertisedNames;

    /// <summary>Whether <see cref="ReplicaUrl"/> can be dialed.</summary>
    public bool HasValidReplicaUrl => ReplicaUrl is null || (Uri.TryCreate(ReplicaUrl, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https");
}
