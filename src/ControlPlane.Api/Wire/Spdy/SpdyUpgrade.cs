using ControlPlane.Api.Agents;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>The upgrade of a request to SPDY/3.1, in which client and server also agree on what is spoken within.</summary>
internal static class SpdyUpgrade
{
    public const string Protocol = "SPDY/3.1";

    private const string VersionHeader = "X-Stream-Protocol-Version";

    public static bool IsAskedFor(HttpContext http) => UpgradedConnection.IsAskedFor(http, Protocol);

    /// <exception cref="ApiException">400: the client does not offer it.</exception>
    public static void ThrowUnlessOffered(HttpContext http, string version)
    {
        string[] offered = [.. http.Request.Headers.GetCommaSeparatedValues(VersionHeader)];
        if (!offered.Contains(version, StringComparer.Ordinal))
        {
            throw StatusError.BadRequest($"unable to upgrade: the client's protocols are [{string.Join(' ', offered)}]; served is {version}");
        }
    }

    /// <summary>Answers 101.</summary>
    public static async Task<SpdyConnection> AcceptAsync(HttpContext http, string version)
    {
        http.Response.Headers[VersionHeader] = version;
        return new SpdyConnection(await UpgradedConnection.AcceptAsync(http, Protocol));
    }
}
