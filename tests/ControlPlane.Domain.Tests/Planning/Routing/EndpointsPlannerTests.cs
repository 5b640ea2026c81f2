using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using static ControlPlane.Domain.Tests.Planning.Routing.EndpointsWorld;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class EndpointsPlannerTests
{
    [Fact]
    public void ReadyPod_IsAnEndpointAtItsNodesAddressAndPublishedPort()
    {
        State state = Settle(Web, [Pod("a", 41000)]);

        EndpointSlice slice = Assert.Single(state.Slices);
        Assert.Equal(41000, Assert.Single(slice.Ports).Port);
        Endpoint endpoint = Assert.Single(slice.Endpoints);
        Assert.Equal(["127.0.1.1"], endpoint.Addresses);
        Assert.Equal(new EndpointConditions { Ready = true, Serving = true, Terminating = false }, endpoint.Conditions);
        Assert.Equal(("Pod", "a"), (endpoint.TargetRef!.Kind, endpoint.TargetRef.Name));
        Assert.Equal(("web", EndpointsPlanner.Manager, "a"), (slice.Metadata.Labels["kubernetes.io/service-name"], slice.Metadata.Labels[EndpointSlice.ManagedByLabel], slice.Metadata.Labels["team"]));
        Assert.Equal(Web.Uid, slice.Metadata.Controller!.Uid);
        Assert.Equal(("127.0.1.1", 41000), (state.Endpoints!.Subsets[0].Addresses[0].Ip, state.Endpoints.Subsets[0].Ports[0].Port));
    }

    [Fact]
    public void Pods_OfDifferentPublishedPorts_AreInDifferentSlices_AndAlikeOnesShare100()
    {
        Pod[] pods = [.. Enumerable.Range(0, 150).Select(i => Pod($"alike-{i:000}", 8080)), Pod("other", 41000)];

        State state = Settle(Web, pods);

        Assert.Equal([1, 50, 100], state.Slices.Select(slice => slice.Endpoints.Count).Order());
        Assert.All(state.Slices, slice => Assert.Single(slice.Ports));
    }

    [Fact]
    public void ConvergedInput_GivesAnEmptyPlan()
    {
        Pod[] pods = [Pod("a", 41000), Pod("b", 41001), Pod("c", 41000)];
        State state = Settle(Web, pods);

        Assert.Same(Plan.Nothing, PlanFor(Web, pods, state));
    }

    [Fact]
    public void PodThatIsListedForTheFirstTime_MustNotHaveBeenMarkedMeanwhile()
    {
        Pod[] pods = [Pod("a", 41000), Pod("b", 41001)];
        State state = Settle(Web, pods);
        Pod late = Make.NotReady(Pod("late", 41002), Make.Start);

        Plan plan = PlanFor(Web, [.. pods, Pod("c", 41000), late], state);

        Assert.Equal(
            [("Service", "web"), ("Pod", "c")],
            plan.Preconditions.Cast<Precondition.DesiredUnchanged>().Select(item => (item.Kind.Kind, item.Key.Name)));
    }

    [Fact]
    public void OnePodThatBecomesUnready_ChangesItsSliceAlone()
    {
        Pod[] pods = [Pod("a", 41000), Pod("b", 41001)];
        State state = Settle(Web, pods);

        Plan plan = PlanFor(Web, [Make.NotReady(pods[0], Make.Start), pods[1]], state);

        Assert.Equal(2, plan.Writes.Count);
        EndpointSlice slice = Assert.Single(plan.Writes.OfType<Write.Update>().Select(write => write.Object).OfType<EndpointSlice>());
        Assert.Equal(new EndpointConditions { Ready = false, Serving = false, Terminating = false }, slice.Endpoints[0].Conditions);
        Endpoints endpoints = Assert.Single(plan.Writes.OfType<Write.Update>().Select(write => write.Object).OfType<Endpoints>());
        Assert.Equal(1, endpoints.Subsets.Sum(subset => subset.NotReadyAddresses.Count));
    }

    [Fact]
    public void PodOnItsWayOut_StaysListed_TakesNothingNew_AndServes()
    {
        Pod pod = Pod("a", 41000);
        State state = Settle(Web, [pod]);

        state = Settle(Web, [Make.Terminating(pod, Make.Start)], state);

        Assert.Equal(new EndpointConditions { Ready = false, Serving = true, Terminating = true }, Assert.Single(state.Slices).Endpoints[0].Conditions);
        Assert.Empty(state.Endpoints!.Subsets);
    }

    [Fact]
    public void PodThatComesIntoSightOnItsWayOut_IsNotListed() =>
        Assert.Empty(Settle(Web, [Make.Terminating(Pod("a", 41000), Make.Start)]).Slices);

    [Fact]
    public void PodThatIsGone_TakesItsSliceWithIt()
    {
        State state = Settle(Web, [Pod("a", 41000), Pod("b", 41001)]);

        Assert.Equal("b", Assert.Single(Settle(Web, [Pod("b", 41001)], state).Slices).Endpoints[0].TargetRef!.Name);
    }

    [Fact]
    public void PublishNotReadyAddresses_MakesUnreadyPodsReadyEndpoints()
    {
        Service service = Web with { Spec = Web.Spec with { PublishNotReadyAddresses = true } };

        EndpointConditions conditions = Settle(service, [Make.NotReady(Pod("a", 41000), Make.Start)]).Slices[0].Endpoints[0].Conditions!;

        Assert.Equal((true, false), (conditions.Ready, conditions.Serving));
    }

    [Theory]
    [InlineData("http", 41000)]
    [InlineData("admin", null)]
    public void NamedTargetPort_LeadsToTheContainersPortOfThatName(string name, int? published)
    {
        Service service = Web with { Spec = Web.Spec with { Ports = [Web.Spec.Ports[0] with { TargetPort = name }] } };

        State state = Settle(service, [Pod("a", 41000)]);

        Assert.Equal(published, state.Slices.SelectMany(slice => slice.Ports).Select(port => port.Port).SingleOrDefault());
    }

    [Fact]
    public void PodsThatAreOfNoUse_AreNotListed()
    {
        Pod pod = Pod("a", 41000);
        Pod ended = pod with { Status = pod.Status! with { Phase = "Failed" } };
        Pod withoutAddress = pod with { Status = pod.Status! with { PodIP = null } };
        Pod stranger = pod with { Metadata = pod.Metadata with { Labels = ValueMap.Of(("app", "other")) } };

        Assert.All(new[] { ended, withoutAddress, stranger }, item => Assert.Empty(Settle(Web, [item]).Slices));
    }

    [Fact]
    public void ServiceWithoutASelector_LeavesItsEndpointsAlone()
    {
        State state = Settle(Web, [Pod("a", 41000)]);

        Assert.Same(Plan.Nothing, PlanFor(Web with { Spec = Web.Spec with { Selector = default } }, [], state));
    }

    [Fact]
    public void NewSlicesAndEndpoints_AreTheServicesAndNamedAfterIt()
    {
        State state = Settle(Web, [Pod("a", 41000)]);

        EndpointSlice slice = state.Slices[0];
        Assert.StartsWith("web-", slice.Name, StringComparison.Ordinal);
        Assert.Equal(("web-", TestWorld.Namespace, Make.Start), (slice.Metadata.GenerateName, slice.Namespace, slice.Metadata.CreationTimestamp));
        Assert.Equal(("discovery.k8s.io/v1", "EndpointSlice", "IPv4"), (slice.ApiVersion, slice.Kind, slice.AddressType));
        Assert.Equal(("v1", "Endpoints", "web", TestWorld.Namespace), (state.Endpoints!.ApiVersion, state.Endpoints.Kind, state.Endpoints.Name, state.Endpoints.Namespace));
        Assert.Equal((Web.Uid, Make.Start), (state.Endpoints.Metadata.Controller!.Uid, state.Endpoints.Metadata.CreationTimestamp));
    }

    [Fact]
    public void HeadlessService_SaysSoOnItsEndpointsUntilItHasAnAddress()
    {
        Service headless = Web with { Spec = Web.Spec with { ClusterIP = "None" } };
        State state = Settle(headless, [Pod("a", 41000)]);
        Assert.Equal(("", ""), (state.Slices[0].Metadata.Labels["service.kubernetes.io/headless"], state.Endpoints!.Metadata.Labels["service.kubernetes.io/headless"]));

        state = Settle(Web, [Pod("a", 41000)], state);
        Assert.Null(state.Slices[0].Metadata.Labels["service.kubernetes.io/headless"]);
        Assert.Null(state.Endpoints!.Metadata.Labels["service.kubernetes.io/headless"]);
    }

    /// <summary>101 alike pods are in two slices; one goes and two come: they find room there, and nobody else moves.</summary>

    [Fact]
    public void PodsThatCome_FillSlicesThatHaveRoom()
    {
        Pod[] pods = [.. Enumerable.Range(0, 101).Select(i => Pod($"p{i:000}", 8080))];
        State state = Settle(Web, pods);
        Assert.Equal([1, 100], state.Slices.Select(slice => slice.Endpoints.Count).Order());

        Pod[] next = [.. pods[1..], Pod("x1", 8080), Pod("x2", 8080)];
        State after = Settle(Web, next, state);

        Dictionary<string, string> before = WhereIs(state);
        Dictionary<string, string> now = WhereIs(after);
        Assert.Equal(102, now.Count);
        Assert.All(before.Where(pod => pod.Key != "p000"), pod => Assert.Equal(pod.Value, now[pod.Key]));
        Assert.Equal(2, after.Slices.Length);
        Assert.Same(Plan.Nothing, PlanFor(Web, next, after));
    }

    private static Dictionary<string, string> WhereIs(State state) =>
        state.Slices.SelectMany(slice => slice.Endpoints.Select(endpoint => (endpoint.TargetRef!.Name!, slice.Name))).ToDictionary();

    [Fact]
    public void EmptiedSlice_IsRemovedThoughPodsOfItsPortsAreLeft()
    {
        Pod[] pods = [.. Enumerable.Range(0, 101).Select(i => Pod($"p{i:000}", 8080))];
        State state = Settle(Web, pods);
        string small = state.Slices.Single(slice => slice.Endpoints.Count == 1).Endpoints[0].TargetRef!.Name!;

        State after = Settle(Web, [.. pods.Where(pod => pod.Name != small)], state);

        Assert.Equal(100, Assert.Single(after.Slices).Endpoints.Count);
    }

    /// <summary>Old clients read one list of at most 1,000 addresses: those that are ready come first, and it says that there are more.</summary>

    [Fact]
    public void Endpoints_OfMoreThanAThousandPods_AreCutAndSaySo()
    {
        Pod[] pods = [Make.NotReady(Pod("a-unready", 8080), Make.Start), .. Enumerable.Range(0, 1_000).Select(i => Pod($"p{i:0000}", 8080))];
        State state = Settle(Web, pods);

        EndpointSubset subset = Assert.Single(state.Endpoints!.Subsets);
        Assert.Equal((1_000, 0), (subset.Addresses.Count, subset.NotReadyAddresses.Count));
        Assert.Equal("truncated", state.Endpoints.Metadata.Annotations["endpoints.kubernetes.io/over-capacity"]);

        state = Settle(Web, pods[1..], state);
        Assert.Null(state.Endpoints!.Metadata.Annotations["endpoints.kubernetes.io/over-capacity"]);
    }

    [Fact]
    public void Endpoints_OfDifferentPorts_AreSubsetsInTheOrderOfThePorts()
    {
        State state = Settle(Web, [Pod("a", 41001), Pod("b", 41000)]);

        Assert.Equal([41000, 41001], state.Endpoints!.Subsets.Select(subset => subset.Ports[0].Port));
        Assert.Equal(("node-1", "b"), (state.Endpoints.Subsets[0].Addresses[0].NodeName, state.Endpoints.Subsets[0].Addresses[0].TargetRef!.Name));
    }

    [Theory]
    [InlineData("web", "web")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Port_KeepsItsNameAndProtocols(string? name, string? inEndpoints)
    {
        Service service = Web with { Spec = Web.Spec with { Ports = [Web.Spec.Ports[0] with { Name = name, Protocol = null, AppProtocol = "http" }] } };

        State state = Settle(service, [Pod("a", 41000)]);

        Assert.Equal(new EndpointSlicePort { Name = name ?? "", Protocol = "TCP", Port = 41000, AppProtocol = "http" }, state.Slices[0].Ports[0]);
        Assert.Equal(new EndpointPort { Name = inEndpoints, Protocol = "TCP", Port = 41000, AppProtocol = "http" }, state.Endpoints!.Subsets[0].Ports[0]);
    }

    [Fact]
    public void Port_WithoutATarget_LeadsToItsOwnNumber()
    {
        Service service = Web with { Spec = Web.Spec with { Ports = [new ServicePort { Port = 8080 }, new ServicePort { Name = "none", Port = 9090 }] } };

        Assert.Equal(41000, Assert.Single(Assert.Single(Settle(service, [Pod("a", 41000)]).Slices).Ports).Port);
    }

    [Theory]
    [InlineData("UDP", false)]
    [InlineData("TCP", true)]
    [InlineData("", true)]
    public void PublishedPort_OfAnotherProtocol_LeadsNowhere(string protocol, bool isListed)
    {
        Pod pod = Pod("a", 41000);
        pod = pod with { Status = pod.Status! with { HostPorts = [pod.Status.HostPorts[0] with { Protocol = protocol }] } };

        Assert.Equal(isListed ? 1 : 0, Settle(Web, [pod]).Slices.Length);
    }

    /// <summary>The pod's ports, as its containers name them, and whether the published 8080 is <c>http</c>.</summary>

    [Theory]
    [InlineData("main", "http", 8080, "TCP", true)]
    [InlineData("", "http", 8080, null, true)]
    [InlineData("other", "http", 8080, "TCP", false)]
    [InlineData("main", "http", 8081, "TCP", false)]
    [InlineData("main", "http", 8080, "UDP", false)]
    public void NamedTargetPort_IsTheContainersThatThePublishedOneIsOf(string publishedOf, string name, int number, string? protocol, bool isListed)
    {
        Service service = Web with { Spec = Web.Spec with { Ports = [Web.Spec.Ports[0] with { TargetPort = "http" }] } };
        Pod pod = Pod("a", 41000);
        pod = pod with
        {
            Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Ports = [new ContainerPort { Name = name, Number = number, Protocol = protocol }] }] },
            Status = pod.Status! with { HostPorts = [pod.Status.HostPorts[0] with { Container = publishedOf }] },
        };

        Assert.Equal(isListed ? 1 : 0, Settle(service, [pod]).Slices.Length);
    }

    [Theory]
    [InlineData("Always", 1)]
    [InlineData(null, 0)]
    public void NamedTargetPort_MayBeASidecarsAndNoOtherInitContainers(string? restartPolicy, int slices)
    {
        Service service = Web with { Spec = Web.Spec with { Ports = [Web.Spec.Ports[0] with { TargetPort = "http" }] } };
        Pod pod = Pod("a", 41000);
        PodSpec spec = pod.Spec with { InitContainers = [pod.Spec.Containers[0] with { RestartPolicy = restartPolicy }], Containers = [new Container { Name = "app" }] };

        Assert.Equal(slices, Settle(service, [pod with { Spec = spec }]).Slices.Length);
    }

    [Fact]
    public void ServiceWithoutPorts_ListsItsPodsAllTheSame()
    {
        Service service = Web with { Spec = Web.Spec with { Ports = [] } };

        State state = Settle(service, [Pod("a", 41000)]);

        Assert.Empty(Assert.Single(state.Slices).Ports);
        Assert.Single(state.Endpoints!.Subsets[0].Addresses);
    }

    [Fact]
    public void ServiceOnItsWayOut_LeavesItsEndpointsAlone() =>
        Assert.Same(Plan.Nothing, PlanFor(Web with { Metadata = Web.Metadata with { DeletionTimestamp = Make.Start } }, [Pod("a", 41000)], new State([], null)));
}
