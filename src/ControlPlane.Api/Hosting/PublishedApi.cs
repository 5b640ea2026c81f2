using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using ControlPlane.Api.Security;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources.Values;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Hosting;

/// <summary>What this replica, when it leads, tells of the API: where it is, and how it is known.</summary>
internal sealed class PublishedApi(IOptions<ApiOptions> options, IServer server, IServiceProvider services)
{
    private readonly Lazy<string> ip = new(() => FindAddress(options.Value));

    /// <summary>As it is now: the port is known once the server listens.</summary>
    public ApiServerFacts Read() => options.Value.HttpsPort < 0
        ? new ApiServerFacts { Ranges = options.Value.ServiceRanges }
        : new ApiServerFacts
        {
            // The certificates are made, and files written, by the first who asks for them: only where HTTPS is served.
            RootCertificate = services.GetRequiredService<ServerCertificates>().RootCertificate,
            Address = Port() is { } port ? new ApiServerAddress(ip.Value, port) : null,
            Ranges = options.Value.ServiceRanges,
        };

    private int? Port() => options.Value.HttpsPort > 0
        ? options.Value.HttpsPort
        : server.Features.Get<IServerAddressesFeature>()?.Addresses
            .Select(address => new Uri(address))
            .Where(address => address.Scheme == Uri.UriSchemeHttps && address.Port > 0)
            .Select(address => (int?)address.Port)
            .FirstOrDefault();

    /// <summary>The first address of <c>--advertise</c> or <c>--replica-url</c>, else the one by which this machine is reached from others.</summary>
    private static string FindAddress(ApiOptions options) =>
        options.CertifiedNames.FirstOrDefault(name => IPv4Address.TryParse(name, out _)) ?? MachineAddress() ?? IPAddress.Loopback.ToString();

    private static string? MachineAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus == OperationalStatus.Up && card.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .Select(card => card.GetIPProperties())
        .OrderByDescending(card => card.GatewayAddresses.Count > 0)
        .SelectMany(card => card.UnicastAddresses)
        .FirstOrDefault(address => address.Address.AddressFamily == AddressFamily.InterNetwork)?.Address.ToString();
}
