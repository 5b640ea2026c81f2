using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Presence;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Api.Tests.Services;

[Collection(ApiCollection.Name)]
public sealed class GatewayProtocolTests(ApiServer api)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(25);

    private readonly string node = $"node-{Guid.NewGuid():N}";

    [Fact]
    public async Task Routes_OfAnEmptyHand_AreAnsweredAtOnce_AndFollowTheSlices()
    {
        string space = await api.NewNamespaceAsync();
        JsonObject service = await api.PostAsync($"/api/v1/namespaces/{space}/services", """{"metadata":{"name":"web"},"spec":{"ports":[{"port":80,"name":"http"}]}}""");
        RouteTable before = await RoutesAsync(0, table => table.Services.Any(route => route.Namespace == space));
        ServiceRoute route = before.Services.Single(route => route.Namespace == space);
        Assert.Equal(((string)service["spec"]!["clusterIP"]!, (string)service["metadata"]!["uid"]!), (route.ClusterIP, route.Uid.ToString()));
        Assert.Empty(route.Ports[0].Endpoints);

        JsonObject slice = await api.PostAsync($"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices", Slice());

        RouteTable after = await RoutesAsync(before.Revision, table => !table.Services.Single(route => route.Namespace == space).Ports[0].Endpoints.IsEmpty);
        RouteEndpoint endpoint = after.Services.Single(route => route.Namespace == space).Ports[0].Endpoints.Single();
        Assert.Equal(("127.0.1.1", 41000, true), (endpoint.Address, endpoint.Port, endpoint.Ready));
        Assert.True(after.Revision >= long.Parse(slice.VersionOf(), System.Globalization.CultureInfo.InvariantCulture));

        await api.DeleteAsync($"/api/v1/namespaces/{space}/services/web");
        await RoutesAsync(after.Revision, table => table.Services.All(route => route.Namespace != space));
    }

    /// <summary>A slice lists a pod by name and uid, and does not change when another ReplicaSet takes the pod over.</summary>
    [Fact]
    public async Task Routes_OfAPodThatIsAdopted_NameItsReplicaSet()
    {
        string space = await api.NewNamespaceAsync();
        await api.PostAsync($"/api/v1/namespaces/{space}/services", """{"metadata":{"name":"web"},"spec":{"ports":[{"port":80,"name":"http"}]}}""");
        JsonObject pod = await api.PostAsync($"/api/v1/namespaces/{space}/pods", Samples.Pod("p", node));
        await api.PostAsync($"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices", Slice((string)pod["metadata"]!["uid"]!));
        RouteTable before = await RoutesAsync(0, table => table.Services.Any(route => route.Namespace == space && !route.Ports[0].Endpoints.IsEmpty));
        Assert.Null(before.Services.Single(route => route.Namespace == space).Ports[0].Endpoints.Single().ReplicaSet);

        await api.PatchAsync(
            $"/api/v1/namespaces/{space}/pods/p",
            "application/merge-patch+json",
            """{"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"11111111-1111-1111-1111-111111111111","controller":true}]}}""");

        RouteTable after = await RoutesAsync(before.Revision, table => table.Services.Any(route => route.Namespace == space));
        Assert.Equal("web-1", after.Services.Single(route => route.Namespace == space).Ports[0].Endpoints.Single().ReplicaSet);
    }

    /// <summary>Nobody has credentials for the API in a container, so its Service is to be seen and leads nowhere.</summary>
    [Fact]
    public async Task Routes_LeaveOutTheApisOwnService_AndNotAnotherOfThatName()
    {
        string space = await api.NewNamespaceAsync();
        await api.PostAsync("/api/v1/namespaces/default/services", """{"metadata":{"name":"kubernetes"},"spec":{"ports":[{"port":443,"name":"https"}]}}""");
        await api.PostAsync($"/api/v1/namespaces/{space}/services", """{"metadata":{"name":"kubernetes"},"spec":{"ports":[{"port":443,"name":"https"}]}}""");

        RouteTable table = await RoutesAsync(0, table => table.Services.Any(route => route.Namespace == space));

        Assert.DoesNotContain(table.Services, route => route.Namespace == "default" && route.Name == "kubernetes");
        await api.DeleteAsync("/api/v1/namespaces/default/services/kubernetes");
    }

    [Fact]
    public async Task Routes_WhoseHolderKnowsAnotherStore_AreAnsweredAtOnce()
    {
        using HttpResponseMessage response = await api.Agent.GetAsync($"/gateway/v1/nodes/{node}/routes?after={long.MaxValue}&store=other");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("/gateway/v1/nodes/n/routes?after=x", null)]
    [InlineData("/gateway/v1/nodes/n/report", "null")]
    [InlineData("/gateway/v1/nodes/n/report", "{")]
    [InlineData("/gateway/v1/nodes/n/report", """{"acknowledged":1}""")]
    [InlineData("/gateway/v1/nodes/n/report", """{"instance":"","store":"s","acknowledged":1}""")]
    public async Task Request_ThatIsNone_IsA400(string path, string? body)
    {
        using HttpResponseMessage response = body is null ? await api.Agent.GetAsync(path) : await api.Agent.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("Status", (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["kind"]!);
    }

    [Fact]
    public async Task Requests_WithoutATokenOfAnAgent_AreRefused()
    {
        using HttpResponseMessage nobody = await api.Nobody.GetAsync($"/gateway/v1/nodes/{node}/routes");

        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    [Fact]
    public async Task Report_IsKnownToTheLeader_ALateOneIsNot_AndTheLastOneTakesItAway()
    {
        await ReportAsync(new GatewayReport { Instance = node, Store = "s", Acknowledged = 7, Sequence = 2, Draining = [new DrainingEndpoint(Guid.Empty, 3)] });
        GatewayState known = (await GatewayAsync(state => state is not null))!;
        Assert.Equal((node, "s", 7, 3), (known.Node, known.Store, known.Acknowledged, known.Draining.Single().InFlight));

        await ReportAsync(new GatewayReport { Instance = node, Store = "s", Acknowledged = 6, Sequence = 1 });
        await ReportAsync(new GatewayReport { Instance = node, Store = "s", Acknowledged = 8, Sequence = 3 });
        await GatewayAsync(state => state?.Acknowledged == 8);

        await ReportAsync(new GatewayReport { Instance = node, Store = "s", Acknowledged = 8, Sequence = 4, IsLast = true });
        await GatewayAsync(state => state is null);
    }

    /// <summary>Nothing reconciles here: the test says that the pod is drained.</summary>
    [Fact]
    public async Task Desired_OfAPodThatASliceLists_SaysThatItStopsOnlyOnceItIsDrained()
    {
        string space = await api.NewNamespaceAsync();
        JsonObject pod = await api.PostAsync($"/api/v1/namespaces/{space}/pods", Samples.Pod("p", node));
        await api.PostAsync($"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices", Slice((string)pod["metadata"]!["uid"]!));
        await api.DeleteAsync($"/api/v1/namespaces/{space}/pods/p");

        DesiredState held = await DesiredAsync(0, state => state.Revision >= Revision(space));
        Assert.False(Assert.Single(held.Pods).Metadata.IsDeleting);

        await api.PatchAsync(
            $"/api/v1/namespaces/{space}/pods/p",
            "application/merge-patch+json",
            $$$"""{"metadata":{"annotations":{"{{{Draining.DrainedAnnotation}}}":"2026-01-01T00:00:00Z"} } }""");

        DesiredState told = await DesiredAsync(held.Revision, state => state.Pods.Single().Metadata.IsDeleting);
        Assert.Equal(30, told.Pods.Single().Metadata.DeletionGracePeriodSeconds);
    }

    /// <summary>A deleted Service takes its slices with it; what is in flight through it is waited for all the same. It does not matter which of the two is deleted first.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Desired_OfAPodThatASliceListedUntilAMomentAgo_SaysThatItStopsOnlyOnceItIsDrained(bool isServiceFirst)
    {
        string space = await api.NewNamespaceAsync();
        JsonObject pod = await api.PostAsync($"/api/v1/namespaces/{space}/pods", Samples.Pod("p", node));
        string slices = $"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices";
        await api.PostAsync(slices, Slice((string)pod["metadata"]!["uid"]!));
        string[] deleted = isServiceFirst ? [$"{slices}/web-1", $"/api/v1/namespaces/{space}/pods/p"] : [$"/api/v1/namespaces/{space}/pods/p", $"{slices}/web-1"];
        foreach (string path in deleted)
        {
            await api.DeleteAsync(path);
        }

        DesiredState held = await DesiredAsync(0, state => state.Revision >= Revision(space));
        Assert.False(held.Pods.Single().Metadata.IsDeleting);

        await api.PatchAsync(
            $"/api/v1/namespaces/{space}/pods/p",
            "application/merge-patch+json",
            $$$"""{"metadata":{"annotations":{"{{{Draining.DrainedAnnotation}}}":"2026-01-01T00:00:00Z"} } }""");

        await DesiredAsync(held.Revision, state => state.Pods.Single().Metadata.IsDeleting);
    }

    /// <summary>Its containers may have ended already: told of it as running, the agent would start them again.</summary>
    [Fact]
    public async Task Desired_OfAPodThatWasToldToStop_NeverSaysAgainThatItRuns()
    {
        string space = await api.NewNamespaceAsync();
        JsonObject pod = await api.PostAsync($"/api/v1/namespaces/{space}/pods", Samples.Pod("p", node));
        await api.DeleteAsync($"/api/v1/namespaces/{space}/pods/p");
        await DesiredAsync(0, state => state.Pods.Any(told => told.Metadata.IsDeleting));

        JsonObject slice = await api.PostAsync($"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices", Slice((string)pod["metadata"]!["uid"]!));

        long listed = long.Parse((string)slice["metadata"]!["resourceVersion"]!, CultureInfo.InvariantCulture);
        using CancellationTokenSource bound = new(AnswerWithin);
        DesiredState state = await DesiredAsync(0, _ => true);
        while (state.Revision < listed)
        {
            await Task.Delay(20, bound.Token);
            state = await DesiredAsync(0, _ => true);
        }

        Assert.True(state.Pods.Single().Metadata.IsDeleting);
    }

    private long Revision(string space) => api.Services.GetRequiredService<IResourceCache>().Find(ResourceKinds.Pod, new ObjectKey(space, "p"))!.Metadata.Revision;

    private static string Slice(string? pod = null) => $$$"""
        {"metadata":{"name":"web-1","labels":{"kubernetes.io/service-name":"web"} },"addressType":"IPv4","ports":[{"name":"http","port":41000}],
         "endpoints":[{"addresses":["127.0.1.1"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"p","uid":"{{{pod}}}"} }]}
        """;

    private async Task<RouteTable> RoutesAsync(long after, Func<RouteTable, bool> holds)
    {
        using CancellationTokenSource bound = new(AnswerWithin);
        while (true)
        {
            using HttpResponseMessage response = await api.Agent.GetAsync($"/gateway/v1/nodes/{node}/routes?after={after}", bound.Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            RouteTable table = (await response.Content.ReadFromJsonAsync<RouteTable>(ResourceJson.Options, bound.Token))!;
            Assert.True(table.Revision > after, $"{table.Revision} is not after {after}");
            if (holds(table))
            {
                return table;
            }

            after = table.Revision;
        }
    }

    [Fact]
    public async Task Report_Figures_AreReadAsTheyWereSaid()
    {
        TrafficFigures figures = new()
        {
            Service = Guid.NewGuid(),
            ReplicaSet = "hello-7d9f",
            Pod = Guid.NewGuid(),
            Requests = 12,
            Failures = 1,
            InFlight = 2,
            Latency = [.. Enumerable.Range(0, TrafficFigures.LatencyBounds.Count + 1).Select(i => (long)i)],
        };
        await ReportAsync(new GatewayReport { Instance = node, Store = "s", Acknowledged = 1, Sequence = 1, Traffic = [figures] });

        GatewayState? state = await GatewayAsync(state => state is not null);

        Assert.Equal(figures, Assert.Single(state!.Traffic));
        IReadOnlyList<GatewayState> without = await api.Services.GetRequiredService<IGatewayPresence>().ReadWithoutTrafficAsync(CancellationToken.None);
        Assert.Empty(without.Single(state => state.Instance == node).Traffic);
    }

    public static TheoryData<TrafficFigures, string> BadFigures => new()
    {
        { new TrafficFigures { Service = default, Pod = default, Requests = -1 }, "traffic[0]: Invalid value: no count can be less than 0" },
        { new TrafficFigures { Service = default, Pod = default, Latency = [1, 2] }, "traffic[0].latency: Invalid value: must have 26 counts or none, not 2" },
        { new TrafficFigures { Service = default, Pod = default, ReplicaSet = new string('a', 254) }, "traffic[0].replicaSet: Invalid value: must be a ReplicaSet's name" },
    };

    [Theory]
    [MemberData(nameof(BadFigures))]
    public async Task Report_FiguresThatCannotBe_AreRefusedByTheirPath(TrafficFigures figures, string why)
    {
        GatewayReport report = new() { Instance = node, Store = "s", Acknowledged = 1, Traffic = [figures] };

        using HttpResponseMessage response = await api.Agent.PostAsJsonAsync($"/gateway/v1/nodes/{node}/report", report, ResourceJson.Options);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(why, await response.Content.ReadAsStringAsync());
    }

    private async Task<DesiredState> DesiredAsync(long after, Func<DesiredState, bool> holds)
    {
        using CancellationTokenSource bound = new(AnswerWithin);
        while (true)
        {
            DesiredState state = (await api.Agent.GetFromJsonAsync<DesiredState>($"/agent/v1/nodes/{node}/desired?after={after}", ResourceJson.Options, bound.Token))!;
            if (holds(state))
            {
                return state;
            }

            after = state.Revision;
        }
    }

    private async Task ReportAsync(GatewayReport report)
    {
        using HttpResponseMessage response = await api.Agent.PostAsJsonAsync($"/gateway/v1/nodes/{node}/report", report, ResourceJson.Options);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private async Task<GatewayState?> GatewayAsync(Func<GatewayState?, bool> holds)
    {
        using CancellationTokenSource bound = new(AnswerWithin);
        while (true)
        {
            IReadOnlyList<GatewayState> all = await api.Services.GetRequiredService<IGatewayPresence>().ReadAsync(bound.Token);
            GatewayState? mine = all.SingleOrDefault(state => state.Instance == node);
            if (holds(mine))
            {
                return mine;
            }

            await Task.Delay(20, bound.Token);
        }
    }
}
