using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Hosting;

/// <summary>Where agents reach this very replica.</summary>
internal sealed class ReplicaAddress(IOptions<ApiOptions> options, IServer server)
{
    private readonly Lazy<string> url = new(() => Find(options.Value, server));

    /// <summary>Known once the server listens.</summary>
    public string Url => url.Value;

    private static string Find(ApiOptions options, IServer server)
    {
        if (options.ReplicaUrl is { } given)
        {
            return new Uri(given).ToString();
        }

        Uri[] listening = [.. server.Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];
        string host = options.AdvertisedNames.FirstOrDefault() ?? Dns.GetHostName();
        return listening.FirstOrDefault(address => address.Scheme == Uri.UriSchemeHttps) is { } https
            ? new UriBuilder(https.Scheme, host, https.Port).Uri.ToString()
            : listening[0].ToString();
    }
}
