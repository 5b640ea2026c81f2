using ControlPlane.Domain.Planning.Routing;

namespace ControlPlane.Domain.Planning;

/// <summary>What a leader tells of the API that it is part of.</summary>
public sealed record ApiServerFacts
{
    /// <summary>The certificate, in PEM, of the authority that signs the API's own; null where it serves no HTTPS.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>Where the API is reached over HTTPS; null where it is not, or not yet.</summary>
    public ApiServerAddress? Address { get; init; }

    /// <summary>Where Services' addresses come from.</summary>
    public ServiceRanges Ranges { get; init; } = ServiceRanges.Default;
}

/// <summary>An IPv4 address and a port.</summary>
public sealed record ApiServerAddress(string Ip, int Port);
