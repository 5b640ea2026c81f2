using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Routing;

/// <summary>Where a Service's port leads in a pod of several containers.</summary>
public sealed class PodEndpointTests
{
    /// <summary>A port's name is looked up where its number is published: in the container that publishes it, or in all of them where they are published together.</summary>
    [Theory]
    [InlineData("beside", "metrics", 41001)]
    [InlineData("", "metrics", 41001)]
    [InlineData("main", "metrics", null)]
    [InlineData("beside", "http", null)]
    [InlineData("", "http", null)]
    [InlineData("", "other", null)]
    public void Of_ANamedPort_LeadsToTheContainerThatNamesIt(string publisher, string target, int? expected)
    {
        Pod pod = TwoContainers(new HostPort { Container = publisher, ContainerPort = 9090, Protocol = "TCP", Port = 41001 });

        Assert.Equal(expected, PodEndpoint.Of(pod, Targeting(target))?.Ports[0].Port);
    }

    [Theory]
    [InlineData("UDP", null)]
    [InlineData("", 41001)]
    [InlineData("TCP", 41001)]
    public void Of_APort_IsOneOfTcp(string protocol, int? expected)
    {
        Pod pod = TwoContainers(new HostPort { Container = "beside", ContainerPort = 9090, Protocol = protocol, Port = 41001 });

        Assert.Equal(expected, PodEndpoint.Of(pod, Targeting("metrics"))?.Ports[0].Port);
    }

    /// <summary>One name in two containers, of which each publishes its own: the first that is published.</summary>
    [Fact]
    public void Of_ANameThatTwoContainersHave_TakesTheFirstThatIsPublished()
    {
        Pod pod = TwoContainers(
            new HostPort { Container = "main", ContainerPort = 8080, Protocol = "TCP", Port = 41000 },
            new HostPort { Container = "beside", ContainerPort = 9090, Protocol = "TCP", Port = 41001 });
        pod = pod with { Spec = pod.Spec with { Containers = [.. pod.Spec.Containers.Select(container => container with { Ports = [container.Ports[0] with { Name = "web" }] })] } };

        Assert.Equal(41000, PodEndpoint.Of(pod, Targeting("web"))!.Ports[0].Port);
        Pod second = pod with { Status = pod.Status! with { HostPorts = [pod.Status.HostPorts[1]] } };
        Assert.Equal(41001, PodEndpoint.Of(second, Targeting("web"))!.Ports[0].Port);
    }

    /// <summary><c>http</c> is main's 8080, <c>metrics</c> is beside's 9090.</summary>
    private static Pod TwoContainers(params HostPort[] published)
    {
        Pod pod = EndpointsWorld.Pod("web-1", 41000);
        Container main = pod.Spec.Containers[0];
        Container beside = new() { Name = "beside", Image = "exporter:1", Ports = [new ContainerPort { Name = "metrics", Number = 9090 }] };
        return pod with { Spec = pod.Spec with { Containers = [main, beside] }, Status = pod.Status! with { HostPorts = [.. published] } };
    }

    private static Service Targeting(string name) =>
        EndpointsWorld.Web with { Spec = EndpointsWorld.Web.Spec with { Ports = [new ServicePort { Port = 80, TargetPort = name, Protocol = "TCP" }] } };
}
