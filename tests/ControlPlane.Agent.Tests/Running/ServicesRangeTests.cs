using System.Net;
using ControlPlane.Agent.Runtimes.Process;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>Nodes of several control planes on one machine.</summary>
public sealed class ServicesRangeTests : IDisposable
{
    /// <summary>No other test's node has it: its range is 127.237.0.0/16.</summary>
    private static readonly IPAddress Node = IPAddress.Parse("127.0.1.141");

    private readonly TemporaryFolder folder = new("services-range");
    private readonly List<ServicesRange> agents = [];

    public void Dispose()
    {
        agents.ForEach(agent => agent.Dispose());
        folder.Dispose();
    }

    [Fact]
    public void Nodes_of_one_control_plane_have_the_range_of_their_address() =>
        Assert.Equal(["127.237.0.0", "127.237.0.0"], new[] { Agent("one", "own"), Agent("two", "own") }.Select(agent => agent.Claim().Services));

    [Fact]
    public void Another_control_plane_on_the_machine_has_another_range_and_says_so_to_its_gateway()
    {
        Agent("one", "own").Claim();

        Assert.Equal("127.137.0.0", Agent("two", "other").Claim().Services);

        Assert.Equal("127.137.0.0", ResourceJson.Deserialize<NodeNetwork>(File.ReadAllText(Path.Combine(folder.Path, "two", "network.json"))).Services);
        Assert.Equal("127.187.0.0", Agent("three", "third").Claim().Services);
    }

    [Fact]
    public void A_range_stays_the_nodes_own_for_its_pods_were_told_of_it()
    {
        ServicesRange first = Agent("one", "own");
        first.Claim();
        ServicesRange second = Agent("two", "other");
        second.Claim();
        first.Dispose();
        second.Dispose();

        Assert.Equal("127.137.0.0", Agent("two", "other").Claim().Services);
        Assert.Equal("127.237.0.0", Agent("one", "own").Claim().Services);
    }

    [Fact]
    public void What_an_agent_on_Docker_or_a_broken_disk_has_left_counts_for_nothing()
    {
        ServicesRange agent = Agent("one", "own");
        string path = Path.Combine(folder.Path, "one", "network.json");
        File.WriteAllBytes(path, ResourceJson.SerializeToUtf8Bytes(new NodeNetwork { Bridge = "cp-1", Address = "10.64.0.1", Services = "10.65.0.0" }));
        Assert.Equal("127.237.0.0", agent.Claim().Services);

        File.WriteAllText(path, "{");
        Assert.Equal("127.237.0.0", Agent("one", "own").Claim().Services);
    }

    private ServicesRange Agent(string name, string authority)
    {
        string certificate = Path.Combine(folder.Path, authority);
        File.WriteAllText(certificate, authority);
        ServicesRange agent = new(
            new AgentOptions
            {
                Servers = [new Uri("https://127.0.0.1:8443")],
                TokenFile = "",
                CaFile = certificate,
                NodeName = name,
                NodeAddress = Node,
                DataFolder = Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName,
            },
            NullLogger<ServicesRange>.Instance);
        agents.Add(agent);
        return agent;
    }
}
