using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class PodNetworkRulesTests
{
    /// <summary>Members of a pod's spec, the field that is wrong, and what is said of it.</summary>
    [Theory]
    [InlineData("""{"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}, {"ip": "nowhere"}]}""", "hostAliases[1].ip", "Invalid value: \"nowhere\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("""{"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a", "B"]}]}""", "hostAliases[0].hostnames[1]", null)]
    [InlineData("""{"dnsPolicy": "None"}""", "dnsConfig", "Required value: must provide `dnsConfig` when `dnsPolicy` is None")]
    [InlineData("""{"dnsPolicy": "None", "dnsConfig": {"searches": ["a"]}}""", "dnsConfig.nameservers", "Required value: must provide at least one DNS nameserver when `dnsPolicy` is None")]
    [InlineData("""{"dnsConfig": {"nameservers": ["a"]}}""", "dnsConfig.nameservers[0]", "Invalid value: \"a\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("""{"dnsConfig": {"nameservers": ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"]}}""", "dnsConfig.nameservers", null)]
    [InlineData("""{"dnsConfig": {"searches": ["a.", "."]}, "subdomain": "A"}""", "subdomain", null)]
    [InlineData("""{"dnsConfig": {"options": [{"value": "1"}]}}""", "dnsConfig.options[0]", "Required value: must not be empty")]
    [InlineData("""{"hostNetwork": true, "containers": [{"name": "web", "image": "hello:1", "ports": [{"containerPort": 80, "hostPort": 81}]}]}""", "containers[0].ports[0].containerPort", "Invalid value: 80: must match `hostPort` when `hostNetwork` is true")]
    public void Field_ThatIsWrong_IsRefused(string spec, string field, string? message)
    {
        FieldError error = Assert.Single(ResourceRules.ValidateCreate(WithDefaults(spec)));

        Assert.Equal(("spec." + field, message ?? error.Message), (error.Field, error.Message));
    }

    [Fact]
    public void HostNetwork_TakesTheContainersPortsOfTheNode()
    {
        Pod pod = WithDefaults("""{"hostNetwork": true, "containers": [{"name": "web", "image": "hello:1", "ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]}]}""");

        Assert.Equal([80, 81], pod.Spec.Containers[0].Ports.Select(port => port.HostPort));
        Assert.Empty(ResourceRules.ValidateCreate(pod));
        Assert.Equal(pod, ResourceRules.WithDefaults(pod));
    }

    [Fact]
    public void HostNetwork_OfATemplate_LeavesThePortsOpen()
    {
        Deployment deployment = Objects.Deployment(spec => spec with
        {
            Template = spec.Template with
            {
                Spec = new PodSpec { HostNetwork = true, Containers = [spec.Template.Spec.Containers[0] with { Ports = [new ContainerPort { Number = 80 }] }] },
            },
        });

        Assert.Null(((Deployment)ResourceRules.WithDefaults(deployment)).Spec.Template.Spec.Containers[0].Ports[0].HostPort);
        Assert.Empty(ResourceRules.ValidateCreate(ResourceRules.WithDefaults(deployment)));
    }

    private static Pod WithDefaults(string spec)
    {
        PodSpec read = ResourceJson.Deserialize<PodSpec>(spec);
        return (Pod)ResourceRules.WithDefaults(new Pod
        {
            Metadata = Objects.Meta("hello"),
            Spec = read.Containers.IsEmpty ? read with { Containers = [new Container { Name = "web", Image = "hello:1" }] } : read,
        });
    }
}
