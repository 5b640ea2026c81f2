using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Runtimes.Docker;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>A pod's names: how it resolves others', and what it calls itself.</summary>
public sealed class PodNetworkTests
{
    /// <summary>What a pod says, and its resolv.conf: servers, searches, options.</summary>
    [Theory]
    [InlineData("{}", "10.64.0.1 10.9.9.9 | default.svc.cluster.local svc.cluster.local cluster.local corp | ndots:5")]
    [InlineData("""{"dnsConfig": {"nameservers": ["1.1.1.1", "10.9.9.9"], "searches": ["example.com.", "corp"], "options": [{"name": "ndots", "value": "2"}, {"name": "rotate"}]}}""",
        "10.64.0.1 1.1.1.1 10.9.9.9 | default.svc.cluster.local svc.cluster.local cluster.local corp example.com | ndots:2 rotate")]
    [InlineData("""{"dnsPolicy": "Default"}""", " |  | ")]
    [InlineData("""{"dnsPolicy": "Default", "dnsConfig": {"nameservers": ["1.1.1.1"]}}""", "10.9.9.9 1.1.1.1 | corp | ")]
    [InlineData("""{"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}}""", "1.1.1.1 | . | ")]
    [InlineData("""{"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"], "searches": ["example.com"], "options": [{"name": "ndots", "value": "1"}]}}""", "1.1.1.1 | example.com | ndots:1")]
    [InlineData("""{"hostNetwork": true, "dnsPolicy": "ClusterFirst"}""", " |  | ")]
    [InlineData("""{"hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet"}""", "10.64.0.1 10.9.9.9 | default.svc.cluster.local svc.cluster.local cluster.local corp | ndots:5")]
    public void Resolving_IsAsThePolicyAndThePodSay(string spec, string expected)
    {
        PodResolving resolving = PodResolving.Of(PodOf(spec), "10.64.0.1", (["10.9.9.9"], ["corp"]));

        Assert.Equal(expected, $"{string.Join(' ', resolving.Servers)} | {string.Join(' ', resolving.Searches)} | {string.Join(' ', resolving.Options)}");
    }

    [Theory]
    [InlineData("{}", "web", "")]
    [InlineData("""{"hostname": "mine"}""", "mine", "")]
    [InlineData("""{"subdomain": "sub"}""", "web", "sub.default.svc.cluster.local")]
    [InlineData("""{"hostname": "mine", "subdomain": "sub", "setHostnameAsFQDN": true}""", "mine.sub.default.svc.cluster.local", "")]
    [InlineData("""{"setHostnameAsFQDN": true}""", "web", "")]
    public void HostName_HasItsDomain(string spec, string name, string domain) => Assert.Equal(new PodHostName(name, domain), PodHostName.Of(PodOf(spec)));

    [Fact]
    public void HostName_OfALongPod_IsCutToALabel()
    {
        Pod pod = PodOf("{}");

        Assert.Equal(new string('a', 62), PodHostName.Of(pod with { Metadata = pod.Metadata with { Name = new string('a', 62) + "-b" } }).Name);
    }

    [Fact]
    public void HostName_WhoseFullNameIsTooLong_IsRefusedInTheKubeletsWords() => Assert.Equal(
        $"Failed to construct FQDN from Pod hostname and cluster domain, FQDN web.{new string('s', 40)}.default.svc.cluster.local is too long (64 characters is the max, 70 characters requested)",
        Assert.Throws<ContainerStartException>(() => PodHostName.Of(PodOf($$"""{"subdomain": "{{new string('s', 40)}}", "setHostnameAsFQDN": true}"""))).Message);

    [Fact]
    public void Hosts_AreReadAsTheFileHasThem() => Assert.Equal(
        [new HostAlias { Ip = "127.0.0.1" }, new HostAlias { Ip = "10.0.0.9", Hostnames = ["db", "db.example.com"] }, new HostAlias { Ip = "::1", Hostnames = ["ip6-localhost"] }],
        HostNetwork.HostsIn(["127.0.0.1\tlocalhost", "# nothing", "", "10.0.0.9  db\tdb.example.com # ours", "::1 localhost ip6-localhost", "no address"]));

    private static Pod PodOf(string spec)
    {
        Pod pod = new() { Metadata = new() { Namespace = "default", Name = "web" }, Spec = ResourceJson.Deserialize<PodSpec>(spec) };
        return pod with { Spec = pod.Spec with { DnsPolicy = pod.Spec.DnsPolicy ?? "ClusterFirst" } };
    }
}
