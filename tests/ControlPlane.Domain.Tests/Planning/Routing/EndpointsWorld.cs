using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Routing;

/// <summary>A Service, pods with published ports, and what the planner has written of them.</summary>
internal static class EndpointsWorld
{
    public static readonly ReplicaSet Owner = Make.ReplicaSet();

    public static readonly Service Web = new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = TestWorld.Namespace, Uid = "11111111-1111-1111-1111-111111111111", Labels = ValueMap.Of(("team", "a")) },
        Spec = new ServiceSpec { Selector = Make.Labels, ClusterIP = "127.96.0.1", Ports = [new ServicePort { Port = 80, TargetPort = 8080, Protocol = "TCP", NodePort = 30080 }] },
    };

    public static Pod Pod(string name, int published)
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

    public static State Settle(Service service, Pod[] pods, State? from = null)
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

    public static Plan PlanFor(Service service, Pod[] pods, State state) => EndpointsPlanner.Plan(new EndpointsSnapshot
    {
        Service = service,
        Pods = pods,
        Slices = state.Slices,
        Endpoints = state.Endpoints,
        Now = Make.Start,
        Ids = new IdSource(5),
    });

    internal sealed record State(EndpointSlice[] Slices, Endpoints? Endpoints);
}
