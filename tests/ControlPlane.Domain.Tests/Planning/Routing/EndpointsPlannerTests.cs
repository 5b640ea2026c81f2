using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class EndpointsPlannerTests
{
    private static readonly ReplicaSet Owner = Make.ReplicaSet();

    private static readonly Service Service = new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = TestWorld.Namespace, Uid = "11111111-1111-1111-1111-111111111111", Labels = ValueMap.Of(("team", "a")) },
        Spec = new ServiceSpec { Selector = Make.Labels, ClusterIP = "127.96.0.1", Ports = [new ServicePort { Port = 80, TargetPort = 8080, Protocol = "TCP", NodePort = 30080 }] },
    };

    [Fact]
    public void ReadyPod_IsAnEndpointAtItsNodesAddressAndPublishedPort()
    {
        State state = Settle(Service, [Pod("a", 41000)]);

        EndpointSlice slice = Assert.Single(state.Slices);
        Assert.Equal(41000, Assert.Single(slice.Ports).Port);
        Endpoint endpoint = Assert.Single(slice.Endpoints);
        Assert.Equal(["127.0.1.1"], endpoint.Addresses);
        Assert.Equal(new EndpointConditions { Ready = true, Serving = true, Terminating = false }, endpoint.Conditions);
        Assert.Equal(("Pod", "a"), (endpoint.TargetRef!.Kind, endpoint.TargetRef.Name));
        Assert.Equal(("web", EndpointsPlanner.Manager, "a"), (slice.Metadata.Labels["kubernetes.io/service-name"], slice.Metadata.Labels[EndpointSlice.ManagedByLabel], slice.Metadata.Labels["team"]));
        Assert.Equal(Service.Uid, slice.Metadata.Controller!.Uid);
        Assert.Equal(("127.0.1.1", 41000), (state.Endpoints!.Subsets[0].Addresses[0].Ip, state.Endpoints.Subsets[0].Ports[0].Port));
    }

    [Fact]
    public void Pods_OfDifferentPublishedPorts_AreInDifferentSlices_AndAlikeOnesShare100()
    {
        Pod[] pods = [.. Enumerable.Range(0, 150).Select(i => Pod($"alike-{i:000}", 8080)), Pod("other", 41000)];

        State state = Settle(Service, pods);

        Assert.Equal([1, 50, 100], state.Slices.Select(slice => slice.Endpoints.Count).Order());
        Assert.All(state.Slices, slice => Assert.Single(slice.Ports));
    }

    [Fact]
    public void ConvergedInput_GivesAnEmptyPlan()
    {
        Pod[] pods = [Pod("a", 41000), Pod("b", 41001), Pod("c", 41000)];
        State state = Settle(Service, pods);

        Assert.Same(Plan.Nothing, PlanFor(Service, pods, state));
    }

    [Fact]
    public void PodThatIsListedForTheFirstTime_MustNotHaveBeenMarkedMeanwhile()
    {
        Pod[] pods = [Pod("a", 41000), Pod("b", 41001)];
        State state = Settle(Service, pods);
        Pod late = Make.NotReady(Pod("late", 41002), Make.Start);

        Plan plan = PlanFor(Service, [.. pods, Pod("c", 41000), late], state);

        Assert.Equal(
            [("Service", "web"), ("Pod", "c")],
            plan.Preconditions.Cast<Precondition.DesiredUnchanged>().Select(item => (item.Kind.Kind, item.Key.Name)));
    }

    [Fact]
    public void OnePodThatBecomesUnready_ChangesItsSliceAlone()
    {
        Pod[] pods = [Pod("a", 41000), Pod("b", 41001)];
        State state = Settle(Service, pods);

        Plan plan = PlanFor(Service, [Make.NotReady(pods[0], Make.Start), pods[1]], state);

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
        State state = Settle(Service, [pod]);

        state = Settle(Service, [Make.Terminating(pod, Make.Start)], state);

        Assert.Equal(new EndpointConditions { Ready = false, Serving = true, Terminating = true }, Assert.Single(state.Slices).Endpoints[0].Conditions);
        Assert.Empty(state.Endpoints!.Subsets);
    }

    [Fact]
    public void PodThatComesIntoSightOnItsWayOut_IsNotListed() =>
        Assert.Empty(Settle(Service, [Make.Terminating(Pod("a", 41000), Make.Start)]).Slices);

    [Fact]
    public void PodThatIsGone_TakesItsSliceWithIt()
    {
        State state = Settle(Service, [Pod("a", 41000), Pod("b", 41001)]);

        Assert.Equal("b", Assert.Single(Settle(Service, [Pod("b", 41001)], state).Slices).Endpoints[0].TargetRef!.Name);
    }

    [Fact]
    public void PublishNotReadyAddresses_MakesUnreadyPodsReadyEndpoints()
    {
        Service service = Service with { Spec = Service.Spec with { PublishNotReadyAddresses = true } };

        EndpointConditions conditions = Settle(service, [Make.NotReady(Pod("a", 41000), Make.Start)]).Slices[0].Endpoints[0].Conditions!;

        Assert.Equal((true, false), (conditions.Ready, conditions.Serving));
    }

    [Theory]
    [InlineData("http", 41000)]
    [InlineData("admin", null)]
    public void NamedTargetPort_LeadsToTheContainersPortOfThatName(string name, int? published)
    {
        Service service = Service with { Spec = Service.Spec with { Ports = [Service.Spec.Ports[0] with { TargetPort = name }] } };

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

        Assert.All(new[] { ended, withoutAddress, stranger }, item => Assert.Empty(Settle(Service, [item]).Slices));
    }

    [Fact]
    public void ServiceWithoutASelector_LeavesItsEndpointsAlone()
    {
        State state = Settle(Service, [Pod("a", 41000)]);

        Assert.Same(Plan.Nothing, PlanFor(Service with { Spec = Service.Spec with { Selector = default } }, [], state));
    }

    [Fact]
    public void Routes_SayWhereEachPortLeads()
    {
        Pod pod = Pod("a", 41000);
        State state = Settle(Service, [pod]);

        ServiceRoute route = Routes.Of(Service, state.Slices, _ => pod);

        PortRoute port = Assert.Single(route.Ports);
        Assert.Equal(("127.96.0.1", 80, 30080, RouteProtocol.Http), (route.ClusterIP, port.Port, port.NodePort, port.Protocol));
        RouteEndpoint endpoint = Assert.Single(port.Endpoints);
        Assert.Equal((Guid.Parse(pod.Uid), "127.0.1.1", 41000, true, false, "web"), (endpoint.Pod, endpoint.Address, endpoint.Port, endpoint.Ready, endpoint.Terminating, endpoint.ReplicaSet));
    }

    [Theory]
    [InlineData(null, null, RouteProtocol.Http)]
    [InlineData("http", null, RouteProtocol.Http)]
    [InlineData("tcp", null, RouteProtocol.Tcp)]
    [InlineData("tcp-db", null, RouteProtocol.Tcp)]
    [InlineData("tcpdump", null, RouteProtocol.Http)]
    [InlineData("tcp", "http", RouteProtocol.Http)]
    [InlineData("db", "tcp", RouteProtocol.Tcp)]
    [InlineData("web", "kubernetes.io/h2c", RouteProtocol.Http)]
    public void ProtocolOf_IsSaidByTheAppProtocol_ElseByTheName(string? name, string? appProtocol, RouteProtocol expected) =>
        Assert.Equal(expected, Routes.ProtocolOf(new ServicePort { Name = name, AppProtocol = appProtocol, Port = 1 }));

    private static Pod Pod(string name, int published)
    {
        Pod pod = Make.Ready(Make.Pod(Owner, name), Make.Start);
        return pod with
        {
            Metadata = pod.Metadata with { Uid = UidOf(name) },
            Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Ports = [new ContainerPort { Name = "http", Number = 8080, Protocol = "TCP" }] }] },
            Status = pod.Status! with
            {
                HostIP = "127.0.1.1",
                PodIP = "127.0.1.1",
                HostPorts = [new HostPort { Container = "main", ContainerPort = 8080, Protocol = "TCP", Port = published }],
            },
        };
    }

    /// <summary>A uid that is told by the name.</summary>
    private static string UidOf(string name) => new Guid(System.Text.Encoding.UTF8.GetBytes(name.PadRight(16))).ToString();

    private static State Settle(Service service, Pod[] pods, State? from = null)
    {
        State state = from ?? new State([], null);
        Plan plan = PlanFor(service, pods, state);
        Dictionary<string, EndpointSlice> slices = state.Slices.ToDictionary(slice => slice.Name);
        Endpoints? endpoints = state.Endpoints;
        foreach (Write write in plan.Writes)
        {
            switch (write)
            {
                case Write.Remove remove:
                    slices.Remove(remove.Key.Name);
                    break;
                case Write.Create { Object: EndpointSlice slice }:
                    slices.Add(slice.Name, slice);
                    break;
                case Write.Update { Object: EndpointSlice slice }:
                    slices[slice.Name] = slice;
                    break;
                case Write.Create { Object: Endpoints written }:
                    endpoints = written;
                    break;
                case Write.Update { Object: Endpoints written }:
                    endpoints = written;
                    break;
            }
        }

        return new State([.. slices.Values], endpoints);
    }

    private static Plan PlanFor(Service service, Pod[] pods, State state) => EndpointsPlanner.Plan(new EndpointsSnapshot
    {
        Service = service,
        Pods = pods,
        Slices = state.Slices,
        Endpoints = state.Endpoints,
        Now = Make.Start,
        Ids = new IdSource(5),
    });

    private sealed record State(EndpointSlice[] Slices, Endpoints? Endpoints);
}
