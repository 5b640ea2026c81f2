using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

public sealed class ServicesTests : IDisposable
{
    private readonly SimulatedCluster cluster = new();

    public ServicesTests()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 2, spec => spec with
        {
            TerminationGracePeriodSeconds = 30,
            Containers = [spec.Containers[0] with { Ports = [new ContainerPort { Number = 8080, Name = "http" }] }],
        });
        cluster.Until("all pods are available", () => cluster.IsReady("web", 2));
    }

    private IEnumerable<Endpoint> Endpoints => cluster.Store.All<EndpointSlice>().SelectMany(slice => slice.Endpoints);

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void AService_GetsTheReadyPodsAsEndpoints_AndFollowsThem()
    {
        Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().SetEquals(cluster.LivePods.Select(pod => pod.Uid)));
        Assert.Equal(2, cluster.Store.Get<Endpoints>("default", "web")!.Subsets.Sum(subset => subset.Addresses.Count));

        Pod gone = cluster.Pods.First();
        cluster.Store.Commit(Write.Remove.Of(gone));

        cluster.Until("the new pod has taken its place", () => !ReadyUids().Contains(gone.Uid) && ReadyUids().SetEquals(cluster.LivePods.Select(pod => pod.Uid)) && ReadyUids().Count == 2);
    }

    /// <summary>A container whose old port was taken while it was down comes back with another.</summary>
    [Fact]
    public void APodThatComesBackWithAnotherPort_IsAnEndpointThere()
    {
        Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Pod pod = cluster.Pods.First();
        PodStatus status = pod.Status! with { HostPorts = [Assert.Single(pod.Status.HostPorts) with { Port = 31999 }] };

        cluster.Store.Commit(new Write.Update(pod with { Status = status }, ResourceParts.Status));

        cluster.Until("it is an endpoint at its new port", () => cluster.Store.All<EndpointSlice>().Any(slice =>
            slice.Ports.Any(port => port.Port == 31999) && slice.Endpoints.Single().TargetRef!.Uid == pod.Uid), seconds: 2);
        Assert.Contains(cluster.Store.Get<Endpoints>("default", "web")!.Subsets, subset => subset.Ports.Any(port => port.Port == 31999));
    }

    [Fact]
    public void AServiceThatIsGone_TakesItsSlicesAndEndpointsWithIt()
    {
        Service service = Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);

        cluster.Store.Commit(Write.Remove.Of(service));

        cluster.Until("they are gone", () => !cluster.Store.All<EndpointSlice>().Any() && !cluster.Store.All<Endpoints>().Any());
    }

    [Fact]
    public void APodOfAService_WithoutGateways_StopsAtOnce()
    {
        Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Pod pod = Mark(cluster.Pods.First());

        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 2);
    }

    [Fact]
    public void APodOfAService_StopsWhenTheGatewayHasAcknowledgedAndNothingIsInFlight()
    {
        Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Pod pod = cluster.Pods.First();
        Guid uid = Guid.Parse(pod.Uid);
        Say(acknowledged: cluster.Store.Revision);
        Mark(pod);
        cluster.Until("it takes nothing new", () => !ReadyUids().Contains(pod.Uid));

        cluster.Thread.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(Drained(pod));

        Say(acknowledged: cluster.Store.Revision, new DrainingEndpoint(uid, 1));
        cluster.Thread.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(Drained(pod));

        DateTimeOffset before = cluster.Thread.Time.GetUtcNow();
        Say(acknowledged: cluster.Store.Revision);
        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 2);
        Assert.DoesNotContain(cluster.Store.All<Event>(), item => item.Reason == "DrainTimeout");
        Assert.True(cluster.Thread.Time.GetUtcNow() - before < TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void APodOfAService_WhoseGatewayDoesNotAnswer_StopsWhenTheDrainIsOver_AndAnEventSaysWhy()
    {
        Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Say(acknowledged: 0);
        Pod pod = Mark(cluster.Pods.First());

        cluster.Thread.Advance(Draining.Timeout - TimeSpan.FromSeconds(2));
        Assert.NotNull(cluster.Store.Get<Pod>("default", pod.Name));

        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 5);
        Assert.Contains(cluster.Store.All<Event>(), item => item.Reason == "DrainTimeout" && item.InvolvedObject.Name == pod.Name);
    }

    [Fact]
    public void APodOfAServiceThatSaysHowLong_StopsThen()
    {
        Service service = Create("web");
        cluster.Store.Commit(new Write.Update(
            service with { Metadata = service.Metadata with { Annotations = ValueMap.Of((Draining.TimeoutAnnotation, "3s")) } }, ResourceParts.Desired));
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Say(acknowledged: 0);
        Pod pod = Mark(cluster.Pods.First());

        cluster.Thread.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull(cluster.Store.Get<Pod>("default", pod.Name));

        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 3);
    }

    /// <summary>A selector is edited, or the Service deleted, and in the next moment the pod: what is in flight to it is waited for all the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void APodThatItsServiceHasLeft_StopsWhenTheGatewayHasAcknowledgedAndNothingIsInFlight(bool isServiceDeleted)
    {
        Service service = Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Pod pod = cluster.Pods.First();
        Say(acknowledged: cluster.Store.Revision);
        cluster.Store.Commit(isServiceDeleted
            ? Write.Remove.Of(service)
            : new Write.Update(service with { Spec = service.Spec with { Selector = ValueMap.Of(("app", "other")) } }, ResourceParts.Desired));
        cluster.Until("no slice lists it", () => !Endpoints.Any());
        long left = cluster.Store.Revision;
        Mark(pod);

        cluster.Thread.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(Drained(pod));

        Say(acknowledged: left, new DrainingEndpoint(Guid.Parse(pod.Uid), 1));
        cluster.Thread.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(Drained(pod));

        Say(acknowledged: left);
        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 2);
    }

    /// <summary>The Service whose requests are long is deleted first, then the pod, and perhaps the other Service: what came by the first one is waited for as long as that said.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APodThatAPatientServiceHasLeft_WaitsAsLongAsThatSaid_WhateverAnotherSays(bool isOtherDeleted)
    {
        Service first = Create("web");
        Service patient = first with { Metadata = first.Metadata with { Annotations = ValueMap.Of((Draining.TimeoutAnnotation, "60s")) } };
        cluster.Store.Commit(new Write.Update(patient, ResourceParts.Desired));
        Service hasty = first with { Metadata = cluster.Meta("default", "hasty") with { Annotations = ValueMap.Of((Draining.TimeoutAnnotation, "3s")) } };
        cluster.Store.Commit(new Write.Create(hasty));
        cluster.Until("both pods are endpoints of both", () => Endpoints.Count(endpoint => endpoint.Conditions!.Ready == true) == 4);
        Say(acknowledged: 0);
        cluster.Store.Commit(Write.Remove.Of(patient));
        cluster.Until("only the other lists them", () => Endpoints.Count() == 2);
        if (isOtherDeleted)
        {
            cluster.Store.Commit(Write.Remove.Of(hasty));
            cluster.Until("no slice lists them", () => !Endpoints.Any());
        }

        Pod pod = Mark(cluster.Pods.First());

        cluster.Thread.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(Drained(pod));

        Say(acknowledged: cluster.Store.Revision);
        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 2);
    }

    /// <summary>The time for requests counts from when the pod is to stop, and is over with an event that says so, though its Service had left it before that.</summary>
    [Fact]
    public void APodThatItsServiceLeftAWhileAgo_IsWaitedForItsWholeTime_AndAnEventSaysWhy()
    {
        Service service = Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Say(acknowledged: 0);
        cluster.Store.Commit(Write.Remove.Of(service));
        cluster.Until("no slice lists it", () => !Endpoints.Any());
        cluster.Thread.Advance(TimeSpan.FromSeconds(20));
        Pod pod = Mark(cluster.Pods.First());

        cluster.Thread.Advance(Draining.Timeout - TimeSpan.FromSeconds(2));
        Assert.Null(Drained(pod));

        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 5);
        Assert.Contains(cluster.Store.All<Event>(), item => item.Reason == "DrainTimeout" && item.InvolvedObject.Name == pod.Name);
    }

    /// <summary>The node's replica remembers what the new leader cannot know, and keeps the pod's end back; the leader says when nothing is in flight.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APodThatItsServiceHasLeft_StopsUnderANewLeaderToo(bool isMarkedBefore)
    {
        Service service = Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Guid uid = Guid.Parse(cluster.Pods.First().Uid);
        cluster.Store.Commit(Write.Remove.Of(service));
        cluster.Until("no slice lists it", () => !Endpoints.Any());
        long left = cluster.Store.Revision;
        Say(acknowledged: left, new DrainingEndpoint(uid, 1));
        Pod pod = isMarkedBefore ? Mark(cluster.Pods.First()) : cluster.Pods.First();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
        cluster.StartReconciler();
        cluster.Election.Expire();
        cluster.Thread.Advance(TimeSpan.FromSeconds(10));
        pod = isMarkedBefore ? pod : Mark(pod);

        cluster.Thread.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(Drained(pod));

        Say(acknowledged: left);
        cluster.Until("it has stopped", () => cluster.Store.Get<Pod>("default", pod.Name) is null, seconds: 3);
    }

    /// <summary>Its node says that a container's liveness probe failed, and that it waits.</summary>
    [Fact]
    public void APodThatWantsToRestart_TakesNothingNew_AndIsAnsweredWhenNothingIsInFlight()
    {
        Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Pod pod = cluster.Pods.First();
        Say(acknowledged: cluster.Store.Revision);
        DateTimeOffset now = cluster.Thread.Time.GetUtcNow();
        Condition asked = new() { Type = RestartDrain.ConditionType, Status = "True", LastTransitionTime = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)) };
        cluster.Store.Commit(new Write.Update(pod with { Status = pod.Status! with { Conditions = [.. pod.Status.Conditions, asked] } }, ResourceParts.Status));
        cluster.Until("it takes nothing new", () => !ReadyUids().Contains(pod.Uid), seconds: 2);

        cluster.Thread.Advance(TimeSpan.FromSeconds(2));
        Assert.False(IsAnswered(pod, asked));

        Say(acknowledged: cluster.Store.Revision, new DrainingEndpoint(Guid.Parse(pod.Uid), 1));
        cluster.Thread.Advance(TimeSpan.FromSeconds(2));
        Assert.False(IsAnswered(pod, asked));

        Say(acknowledged: cluster.Store.Revision);
        cluster.Until("its node is answered", () => IsAnswered(pod, asked), seconds: 2);
    }

    /// <summary>Scaled to nothing: gateways fall back on what is left until they are told not to.</summary>
    [Fact]
    public void TheLastPodOfAService_IsClosedBeforeItStops()
    {
        Create("web");
        cluster.Until("both pods are endpoints", () => ReadyUids().Count == 2);
        Say(acknowledged: cluster.Store.Revision);
        Deployment deployment = cluster.Store.Get<Deployment>("default", "web")!;
        cluster.Store.Commit(new Write.Update(deployment with { Spec = deployment.Spec with { Replicas = 0 } }, ResourceParts.Desired));
        cluster.Until("none is ready", () => Endpoints.All(endpoint => endpoint.Conditions!.Ready == false));
        Assert.Contains(Endpoints, endpoint => endpoint.Conditions!.Serving == true);

        Say(acknowledged: cluster.Store.Revision);
        cluster.Until("they are closed", () => Endpoints.All(endpoint => endpoint.Conditions!.Serving == false), seconds: 2);
        cluster.Thread.Advance(TimeSpan.FromSeconds(2));
        Assert.All(cluster.Pods, pod => Assert.Null(Drained(pod)));

        Say(acknowledged: cluster.Store.Revision);
        cluster.Until("they have stopped", () => !cluster.Pods.Any(), seconds: 2);
    }

    private bool IsAnswered(Pod pod, Condition asked) => RestartDrain.IsAnswered(cluster.Store.Get<Pod>("default", pod.Name)!, asked.LastTransitionTime!.Value);

    private Service Create(string app)
    {
        Service service = new()
        {
            ApiVersion = "v1",
            Kind = "Service",
            Metadata = cluster.Meta("default", app),
            Spec = new ServiceSpec { Type = "ClusterIP", ClusterIP = "127.96.0.9", Selector = ValueMap.Of(("app", app)), Ports = [new ServicePort { Port = 80, TargetPort = "http", Protocol = "TCP" }] },
        };
        cluster.Store.Commit(new Write.Create(service));
        return service;
    }

    private HashSet<string> ReadyUids() => [.. Endpoints.Where(endpoint => endpoint.Conditions!.Ready == true).Select(endpoint => endpoint.TargetRef!.Uid!)];

    private Pod Mark(Pod pod)
    {
        Pod marked = pod with { Metadata = pod.Metadata with { DeletionTimestamp = cluster.Thread.Time.GetUtcNow().AddSeconds(30), DeletionGracePeriodSeconds = 30 } };
        cluster.Store.Commit(new Write.Update(marked, ResourceParts.Desired));
        return marked;
    }

    private string? Drained(Pod pod) => cluster.Store.Get<Pod>("default", pod.Name)!.Metadata.Annotations[Draining.DrainedAnnotation];

    private void Say(long acknowledged, params ReadOnlySpan<DrainingEndpoint> draining)
    {
        cluster.Gateways.Known.Clear();
        cluster.Gateways.Known.Add(new GatewayState
        {
            Node = "node-1",
            Instance = "g",
            Store = cluster.Store.StoreIdentity,
            Acknowledged = acknowledged,
            Age = TimeSpan.FromSeconds(1),
            Draining = [.. draining],
        });
    }
}
