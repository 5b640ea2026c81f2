using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using static ControlPlane.Domain.Tests.Planning.Routing.EndpointsWorld;

namespace ControlPlane.Domain.Tests.Planning.Routing;

/// <summary>Services whose ports lead to none that a container declares.</summary>
public sealed class MissingPortsTests
{
    [Theory]
    [InlineData("http", "port 80 has no endpoint: no container of the pods that the selector chooses declares a TCP port named \"http\", its targetPort")]
    [InlineData("9090", "port 80 has no endpoint: no container of the pods that the selector chooses declares containerPort 9090, its targetPort")]
    [InlineData(null, "port 80 has no endpoint: no container of the pods that the selector chooses declares containerPort 80, its targetPort")]
    public void A_port_that_no_container_declares_is_told(string? target, string message)
    {
        EventNote note = Assert.Single(PlanFor(To(target), [Named("web", 8080)], Nothing).Events);

        Assert.Equal(("Warning", "NoSuchPort", message, "Service", "web"), (note.Type, note.Reason, note.Message, note.Involved.Kind, note.Involved.Name));
    }

    [Theory]
    [InlineData("web")]
    [InlineData("8080")]
    public void A_port_that_one_of_the_pods_declares_is_not(string target) =>
        Assert.Empty(PlanFor(To(target), [Named("other", 9090), Named("web", 8080)], Nothing).Events);

    [Fact]
    public void Without_a_pod_there_is_nothing_to_tell() => Assert.Empty(PlanFor(To("http"), [], Nothing).Events);

    [Fact]
    public void A_pod_that_is_not_bound_yet_is_enough_to_tell_by() =>
        Assert.Single(PlanFor(To("http"), [Named("web", 8080) with { Status = null }], Nothing).Events);

    [Fact]
    public void It_is_told_once_whatever_becomes_of_the_pods()
    {
        State state = Settle(To("http"), [Named("web", 8080)]);

        Assert.Equal("80→http", state.Endpoints!.Metadata.Annotations[MissingPorts.Annotation]);
        Assert.Same(Plan.Nothing, PlanFor(To("http"), [Named("web", 8080)], state));
        Assert.Empty(PlanFor(To("http"), [Named("web", 8080), Named("other", 9090)], state).Events);
    }

    [Fact]
    public void A_second_port_is_told_without_the_first()
    {
        State state = Settle(To("http"), [Named("web", 8080)]);
        Service more = To("http", new ServicePort { Name = "m", Port = 9090, TargetPort = "metrics" });

        EventNote note = Assert.Single(PlanFor(more, [Named("web", 8080)], state).Events);
        Assert.StartsWith("port 9090 ", note.Message, StringComparison.Ordinal);
        Assert.Equal("80→http,9090→metrics", Settle(more, [Named("web", 8080)], state).Endpoints!.Metadata.Annotations[MissingPorts.Annotation]);
    }

    [Fact]
    public void Once_the_port_is_there_nothing_is_left_of_it_and_its_loss_is_told_again()
    {
        State lost = Settle(To("http"), [Named("web", 8080)]);
        State found = Settle(To("http"), [Named("http", 8080)], lost);

        Assert.False(found.Endpoints!.Metadata.Annotations.ContainsKey(MissingPorts.Annotation));
        Assert.Single(found.Slices);
        Assert.Single(PlanFor(To("http"), [Named("web", 8080)], found).Events);
    }

    [Fact]
    public void A_udp_port_of_the_name_does_not_count()
    {
        Pod pod = Named("dns", 53);
        Container container = pod.Spec.Containers[0];
        pod = pod with { Spec = pod.Spec with { Containers = [container with { Ports = [container.Ports[0] with { Protocol = "UDP" }] }] } };

        Assert.Single(PlanFor(To("dns"), [pod], Nothing).Events);
    }

    private static State Nothing => new([], null);

    private static Service To(string? target, params ServicePort[] others) => Web with
    {
        Spec = Web.Spec with
        {
            Ports = [new ServicePort { Port = 80, TargetPort = target is null ? null : int.TryParse(target, out int number) ? number : target, Protocol = "TCP" }, .. others],
        },
    };

    /// <summary>A pod whose container declares one port, which its node publishes.</summary>
    private static Pod Named(string port, int number)
    {
        Pod pod = Pod($"pod-{port}", 41000);
        return pod with
        {
            Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Ports = [new ContainerPort { Name = port, Number = number, Protocol = "TCP" }] }] },
            Status = pod.Status! with { HostPorts = [new HostPort { Container = "main", ContainerPort = number, Protocol = "TCP", Port = 41000 }] },
        };
    }
}
