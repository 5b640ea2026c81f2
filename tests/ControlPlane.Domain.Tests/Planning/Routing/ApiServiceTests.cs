using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class ApiServiceTests
{
    private static readonly ApiServerFacts Facts = new() { Address = new ApiServerAddress("10.0.0.5", 8443) };

    private readonly TakenTable taken = new();

    [Fact]
    public void WhatIsMade_IsTheServiceAtTheFirstAddress_AndWhereTheApiIs()
    {
        Plan plan = Plan();

        Service service = Made<Service>(plan);
        Assert.Equal("default/kubernetes", service.Key.ToString());
        Assert.Equal(("127.96.0.1", "ClusterIP", 443, "https", (IntOrString)8443), (service.Spec.ClusterIP, service.Spec.Type, service.Spec.Ports[0].Port, service.Spec.Ports[0].Name, service.Spec.Ports[0].TargetPort));
        Assert.Equal(ValueMap.Of(("component", "apiserver"), ("provider", "kubernetes")), service.Metadata.Labels);
        Assert.True(service.Spec.Selector.IsEmpty);
        Assert.Equal("ip-127.96.0.1", Made<ServiceAllocation>(plan).Name);
        EndpointSubset subset = Assert.Single(Made<Endpoints>(plan).Subsets);
        Assert.Equal(("10.0.0.5", 8443, "https"), (subset.Addresses[0].Ip, subset.Ports[0].Port, subset.Ports[0].Name));
        EndpointSlice slice = Made<EndpointSlice>(plan);
        Assert.Equal(("kubernetes", "IPv4", 8443), (slice.Metadata.Labels["kubernetes.io/service-name"], slice.AddressType, slice.Ports[0].Port));
        Assert.Equal(("10.0.0.5", true), (slice.Endpoints[0].Addresses[0], slice.Endpoints[0].Conditions!.Ready));
    }

    [Fact]
    public void WhatIsMade_IsAsTheRulesWantIt()
    {
        Resource[] made = [.. Plan().Writes.Select(write => ((Write.Create)write).Object)];

        Assert.Equal(4, made.Length);
        Assert.All(made, item => Assert.Empty(ResourceRules.ValidateCreate(item)));
        Assert.All(made, item => Assert.Equal(item, ResourceRules.WithDefaults(item)));
        Assert.Equal(4, made.Select(item => item.Uid).Where(uid => uid.Length > 0).Distinct().Count());
    }

    [Fact]
    public void TheFirstAddress_WhenItIsTaken_IsLeftToItsService()
    {
        taken.Services.Add("other");
        taken.Allocations["ip-127.96.0.1"] = new ServiceAllocation { Metadata = new ObjectMeta { OwnerReferences = [new OwnerReference { Uid = "other" }] } };

        Assert.StartsWith("127.96.", Made<Service>(Plan()).Spec.ClusterIP, StringComparison.Ordinal);
        Assert.NotEqual("127.96.0.1", Made<Service>(Plan()).Spec.ClusterIP);
    }

    [Fact]
    public void WhatIsThere_IsLeftAsItIs()
    {
        Plan plan = Plan();

        Assert.Empty(Plan(Made<Service>(plan), Made<Endpoints>(plan), Made<EndpointSlice>(plan)).Writes);
    }

    [Fact]
    public void ANewLeadersAddress_TakesTheOldOnesPlace()
    {
        Plan plan = Plan();

        Write[] writes = [.. Plan(Made<Service>(plan), Made<Endpoints>(plan), Made<EndpointSlice>(plan), Facts with { Address = new("10.0.0.6", 443) }).Writes];

        Assert.Equal(2, writes.Length);
        EndpointSubset subset = Assert.Single(((Endpoints)Assert.IsType<Write.Update>(writes[0]).Object).Subsets);
        Assert.Equal(("10.0.0.6", 443), (Assert.Single(subset.Addresses).Ip, subset.Ports[0].Port));
        Assert.Equal("10.0.0.6", Assert.Single(((EndpointSlice)Assert.IsType<Write.Update>(writes[1]).Object).Endpoints).Addresses[0]);
    }

    [Fact]
    public void ASliceOrEndpointsAlone_ComeBack()
    {
        Plan plan = Plan();

        Assert.IsType<Endpoints>(Assert.IsType<Write.Create>(Assert.Single(Plan(Made<Service>(plan), null, Made<EndpointSlice>(plan)).Writes)).Object);
        Assert.IsType<EndpointSlice>(Assert.IsType<Write.Create>(Assert.Single(Plan(Made<Service>(plan), Made<Endpoints>(plan), null).Writes)).Object);
    }

    [Fact]
    public void SomebodysServiceOfThatName_IsLeftToThem()
    {
        Service theirs = Made<Service>(Plan()) is var made ? made with { Spec = made.Spec with { Selector = Make.Labels } } : made;

        Assert.False(ApiService.Is(theirs));
        Assert.Empty(Plan(theirs).Writes);
    }

    [Fact]
    public void WithoutAnAddress_ThereIsNothing() => Assert.Empty(Plan(facts: new ApiServerFacts()).Writes);

    [Fact]
    public void AFullRange_LeavesItOut()
    {
        taken.Services.Add("other");
        ApiServerFacts small = Facts with { Ranges = new ServiceRanges(AddressRange.Parse("127.96.0.0/30"), new PortRange(30000, 30001)) };
        foreach (string address in new[] { "127.96.0.1", "127.96.0.2" })
        {
            taken.Allocations[$"ip-{address}"] = new ServiceAllocation { Metadata = new ObjectMeta { OwnerReferences = [new OwnerReference { Uid = "other" }] } };
        }

        Assert.Empty(Plan(facts: small).Writes);
    }

    [Fact]
    public void Containers_AreNotToldOfIt()
    {
        Service service = Made<Service>(Plan());

        Assert.True(ApiService.Is(service));
        Assert.Null(ServiceAddress.Of(service));
        Assert.NotNull(ServiceAddress.Of(service with { Metadata = service.Metadata with { Namespace = "shop" } }));
    }

    private static T Made<T>(Plan plan)
        where T : Resource => Assert.Single(plan.Writes.OfType<Write.Create>().Select(create => create.Object).OfType<T>());

    private Plan Plan(Service? service = null, Endpoints? endpoints = null, EndpointSlice? slice = null, ApiServerFacts? facts = null) => ApiService.Plan(new ApiServiceSnapshot
    {
        Facts = facts ?? Facts,
        Service = service,
        Endpoints = endpoints,
        Slice = slice,
        Taken = taken,
        Now = Make.Start,
        Ids = new IdSource(5),
    });
}
