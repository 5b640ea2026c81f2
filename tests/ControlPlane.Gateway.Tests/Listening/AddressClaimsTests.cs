using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Listening;
using ControlPlane.Infrastructure.Network;
using ControlPlane.Testing;

namespace ControlPlane.Gateway.Tests.Listening;

/// <summary>Who may share an address with whom.</summary>
public sealed class AddressClaimsTests : IDisposable
{
    private static readonly IPAddress Address = IPAddress.Parse("127.213.3.9");
    private static readonly IPAddress Other = IPAddress.Parse("127.213.3.10");

    private readonly TemporaryFolder folder = new("claims");
    private readonly List<AddressClaims> gateways = [];

    public void Dispose()
    {
        gateways.ForEach(gateway => gateway.Dispose());
        folder.Dispose();
    }

    [Fact]
    public void Gateways_of_one_control_plane_share_an_address_whatever_they_call_its_server()
    {
        string authority = Authority("own.crt");

        Assert.Empty(Gateway("https://127.0.0.1:8443", authority).Claim([Address]));
        Assert.Empty(Gateway("https://10.0.0.5:8443", authority).Claim([Address]));
    }

    [Fact]
    public void Another_control_plane_is_refused_and_told_who_has_the_address()
    {
        Gateway("https://127.0.0.1:8443", Authority("own.crt")).Claim([Address]);

        IReadOnlyDictionary<IPAddress, string> refused = Gateway("https://127.0.0.1:8443", Authority("other.crt")).Claim([Address, Other]);

        Assert.Equal(Address, Assert.Single(refused).Key);
        Assert.Contains($"gateway is process {Environment.ProcessId}", refused[Address], StringComparison.Ordinal);
        Assert.Contains("--service-range", refused[Address], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_authority_of_its_own_a_control_plane_is_told_by_its_server()
    {
        Gateway("http://127.0.0.1:8080", null).Claim([Address]);

        Assert.Empty(Gateway("http://127.0.0.1:8080", null).Claim([Address]));
        Assert.Single(Gateway("http://127.0.0.1:8081", null).Claim([Address]));
    }

    [Fact]
    public void An_address_is_free_once_nobody_asks_for_it_any_more()
    {
        AddressClaims first = Gateway("http://127.0.0.1:8080", null);
        AddressClaims second = Gateway("http://127.0.0.1:8080", null);
        AddressClaims foreign = Gateway("http://127.0.0.1:8081", null);
        first.Claim([Address]);
        second.Claim([Address]);

        first.Claim([Other]);
        Assert.Single(foreign.Claim([Address]));
        second.Dispose();
        Assert.Empty(foreign.Claim([Address]));
        Assert.Single(first.Claim([Address, Other]));
    }

    /// <summary>Two control planes that gave one address to a Service each: the kernel would deal its connections out to both gateways.</summary>
    [Fact]
    public async Task Requests_to_an_address_that_two_control_planes_gave_out_reach_one_of_them_alone()
    {
        await using GatewayWorld one = await GatewayWorld.StartAsync();
        await using GatewayWorld two = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        int port = FreePort.Find(Address);
        ServiceRoute At(ServiceRoute service) => service with { ClusterIP = Address.ToString(), Ports = [service.Ports[0] with { Port = port }] };
        await one.RouteAsync(At, a.Ready);
        await two.RouteAsync(At, b.Ready);
        Uri url = new($"http://{Address}:{port}/");

        foreach (int _ in Enumerable.Range(0, 40))
        {
            using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
            Assert.Equal("a", await client.GetStringAsync(url));
        }

        Assert.Equal("b", await two.GetAsync());
        await one.Gateway.StopAsync();
        using HttpClient later = new(new SocketsHttpHandler { UseProxy = false });
        await Eventually.TrueAsync(() => AnswersAsync(later, url, "b"), "the other has it once it is free");
    }

    private static async Task<bool> AnswersAsync(HttpClient client, Uri url, string expected)
    {
        try
        {
            return await client.GetStringAsync(url) == expected;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private string Authority(string name)
    {
        string path = Path.Combine(folder.Path, name);
        File.WriteAllText(path, name);
        return path;
    }

    private AddressClaims Gateway(string server, string? authority)
    {
        AddressClaims claims = new(new GatewayOptions { Server = new Uri(server), CaFile = authority, TokenFile = "", NodeName = "node-1", DataFolder = "" });
        gateways.Add(claims);
        return claims;
    }
}
