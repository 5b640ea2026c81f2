using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Agents;

[Collection(ApiCollection.Name)]
public sealed class AgentProtocolTests(ApiServer api)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(25);

    private readonly string node = $"node-{Guid.NewGuid():N}";

    [Fact]
    public async Task FirstReport_MakesTheNodesRecordReady()
    {
        await ReportAsync(Full("s1"));
        JsonObject record = await api.GetAsync($"/api/v1/nodes/{node}");
        JsonNode ready = record["status"]!["conditions"]!.AsArray().Single(item => (string)item!["type"]! == "Ready")!;
        Assert.Equal(("True", "KubeletReady"), ((string)ready["status"]!, (string)ready["reason"]!));
        Assert.Equal(node, (string)record["metadata"]!["labels"]!["kubernetes.io/hostname"]!);
        Assert.Equal("2", (string)record["status"]!["capacity"]!["cpu"]!);
    }

    [Fact]
    public async Task Report_InASessionThatIsNotKnown_IsAskedForEverything() =>
        Assert.True((await ReportAsync(new NodeReport { SessionId = "unknown", Sequence = 7 })).SendAll);

    [Fact]
    public async Task Report_ThatSaysNothingNew_ChangesNothing()
    {
        await ReportAsync(Full("s1"));
        string before = (await api.GetAsync($"/api/v1/nodes/{node}")).VersionOf();
        Assert.False((await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 2 })).SendAll);
        Assert.Equal(before, (await api.GetAsync($"/api/v1/nodes/{node}")).VersionOf());
    }

    [Fact]
    public async Task Report_AfterTheRecordWasDeleted_IsAskedForEverythingAndMakesItAnew()
    {
        await ReportAsync(Full("s1"));
        await api.DeleteAsync($"/api/v1/nodes/{node}");
        await api.GetAsync($"/api/v1/nodes/{node}", HttpStatusCode.NotFound);
        Assert.True((await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 2 })).SendAll);
        Assert.False((await ReportAsync(Full("s2"))).SendAll);
        await api.GetAsync($"/api/v1/nodes/{node}");
    }

    /// <summary>It might have been the beginning of an older session, come late through another replica.</summary>
    [Fact]
    public async Task Report_AfterSomebodyElseHasWrittenTheNode_IsAskedForEverythingOnce()
    {
        await ReportAsync(Full("s1"));
        Assert.False((await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 2 })).SendAll);
        await api.PatchAsync($"/api/v1/nodes/{node}", "application/merge-patch+json", """{"metadata":{"labels":{"disk":"ssd"}}}""");

        Assert.True((await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 3 })).SendAll);
        Assert.False((await ReportAsync(Full("s2"))).SendAll);
        Assert.False((await ReportAsync(new NodeReport { SessionId = "s2", Sequence = 2 })).SendAll);
    }

    [Fact]
    public async Task NewSession_KeepsWhatPeopleSetOnTheNode()
    {
        await ReportAsync(Full("s1"));
        await api.PatchAsync($"/api/v1/nodes/{node}", "application/merge-patch+json", """{"metadata":{"labels":{"disk":"ssd"}},"spec":{"unschedulable":true}}""");
        await ReportAsync(Full("s2"));
        JsonObject record = await api.GetAsync($"/api/v1/nodes/{node}");
        Assert.Equal(("ssd", true), ((string)record["metadata"]!["labels"]!["disk"]!, (bool)record["spec"]!["unschedulable"]!));
    }

    [Fact]
    public async Task PodsStatus_IsStoredFromItsOwnNodeOnly()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        await ReportAsync(Full("s1") with { Pods = [Running(pod)] });
        Assert.Equal("Running", (string)(await api.GetAsync($"{home}/p"))["status"]!["phase"]!);

        using HttpResponseMessage other = await api.Agent.PostAsJsonAsync(
            $"/agent/v1/nodes/other-{node}/report",
            Full("s1") with { Pods = [Running(pod) with { Status = new PodStatus { Phase = "Failed" } }] },
            ResourceJson.Options);
        other.EnsureSuccessStatusCode();
        Assert.Equal("Running", (string)(await api.GetAsync($"{home}/p"))["status"]!["phase"]!);
    }

    /// <summary>A probe's output may hold any character; the report of its node, other pods' statuses with it, must be stored all the same.</summary>
    [Fact]
    public async Task Text_ThatTheDatabaseCannotKeep_IsReplacedInAReport()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        PodReport running = Running(pod);
        await ReportAsync(Full("s1") with { Pods = [running with { Status = running.Status! with { Message = "said \0 and \\u0000" } }] });
        Assert.Equal("said \ufffd and \\u0000", (string)(await api.GetAsync($"{home}/p"))["status"]!["message"]!);
    }

    [Fact]
    public async Task EndedPod_StaysEndedWhateverALaterReportSays()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        ContainerStatus ended = new() { Name = "c", State = new() { Terminated = new() { ExitCode = 3, Reason = "Error" } } };
        PodStatus failed = new() { Phase = "Failed", ContainerStatuses = [ended] };
        await ReportAsync(Full("s1") with { Pods = [Running(pod) with { Status = failed }] });

        await ReportAsync(Full("s2") with { Pods = [Running(pod)] });

        JsonObject record = await api.GetAsync($"{home}/p");
        Assert.Equal("Failed", (string)record["status"]!["phase"]!);
        Assert.Equal(3, (int)record["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["exitCode"]!);
    }

    [Fact]
    public async Task StoppedPod_LeavesOnlyWhenItWasToStop()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        await ReportAsync(Full("s1") with { Pods = [Running(pod) with { IsStopped = true }] });
        await api.GetAsync($"{home}/p");

        await api.DeleteAsync($"{home}/p");
        await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 2, Pods = [Running(pod) with { IsStopped = true }] });
        await api.GetAsync($"{home}/p", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Events_AreCountedWhereTheyRepeat()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        ObjectReference involved = new() { Kind = "Pod", Namespace = NamespaceOf(pod), Name = "p", Uid = UidOf(pod) };
        AgentEvent first = new(involved, "Warning", "BackOff", "restarting failed container", DateTimeOffset.UtcNow);
        await ReportAsync(Full("s1") with { Events = [first] });
        await ReportAsync(new NodeReport { SessionId = "s1", Sequence = 2, Events = [first with { At = first.At.AddSeconds(60) }] });

        JsonObject list = await api.GetAsync(home.Replace("/pods", "/events", StringComparison.Ordinal));
        JsonNode item = Assert.Single(list["items"]!.AsArray())!;
        Assert.Equal(("BackOff", 2), ((string)item["reason"]!, (int)item["count"]!));
    }

    [Fact]
    public async Task Desired_IsAnsweredAtOnceFirst_ThenWhenAPodOfTheNodeChanges()
    {
        DesiredState first = await DesiredAsync(0);
        Assert.Empty(first.Pods);

        Task<DesiredState> next = DesiredAsync(first.Revision);
        (string home, JsonObject _) = await NewPodAsync();
        DesiredState second = await next.WaitAsync(AnswerWithin);
        Assert.Equal(["p"], second.Pods.Select(pod => pod.Name));
        Assert.True(second.Revision > first.Revision);

        Task<DesiredState> marked = DesiredAsync(second.Revision);
        await api.DeleteAsync($"{home}/p?gracePeriodSeconds=7");
        Pod stopping = Assert.Single((await marked.WaitAsync(AnswerWithin)).Pods);
        Assert.Equal((true, 7L), (stopping.Metadata.IsDeleting, stopping.Metadata.DeletionGracePeriodSeconds));
    }

    [Fact]
    public async Task Desired_AfterARevisionOfAnotherStore_IsAnsweredAtOnce()
    {
        DesiredState first = await DesiredAsync(0);

        using HttpResponseMessage response = await api.Agent.GetAsync($"/agent/v1/nodes/{node}/desired?after={first.Revision + 1_000_000}&store=another").WaitAsync(AnswerWithin);

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal(first.StoreIdentity, (await response.Content.ReadFromJsonAsync<DesiredState>(ResourceJson.Options))!.StoreIdentity);
    }

    [Fact]
    public async Task Desired_IsNotWokenByTheStatusThatTheNodeReportedItself()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        DesiredState first = await DesiredSinceAsync(pod);
        Task<DesiredState> next = DesiredAsync(first.Revision);
        await ReportAsync(Full("s1") with { Pods = [Running(pod)] });
        await api.PatchAsync($"{home}/p", "application/merge-patch+json", """{"metadata":{"labels":{"x":"y"}}}""");
        Pod seen = Assert.Single((await next.WaitAsync(AnswerWithin)).Pods);
        Assert.Equal("y", seen.Metadata.Labels["x"]);
    }

    [Fact]
    public async Task Desired_BringsTheLoginsOfPullSecrets()
    {
        string space = await api.NewNamespaceAsync();
        string config = Convert.ToBase64String("""{"auths":{"localhost:5000":{"auth":"dXNlcjpwYTpzcw=="}}}"""u8);
        await api.PostAsync($"/api/v1/namespaces/{space}/secrets", $$$"""{"metadata":{"name":"pull"},"type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"{{{config}}}"}}""");
        string pod = Samples.Pod("p", node).Replace("\"containers\"", "\"imagePullSecrets\":[{\"name\":\"pull\"}],\"containers\"", StringComparison.Ordinal);
        JsonObject stored = await api.PostAsync($"/api/v1/namespaces/{space}/pods", pod);

        DesiredState desired = await DesiredSinceAsync(stored);
        Assert.Equal([new RegistryLogin(UidOf(stored), "localhost:5000", "user", "pa:ss")], desired.RegistryLogins);
    }

    /// <summary>Kubernetes writes them into the pod when it is made; here the account's are looked up.</summary>
    [Fact]
    public async Task Desired_BringsTheLoginsOfTheAccountsPullSecrets_ToPodsThatNameNone()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}";
        string config = Convert.ToBase64String("""{"auths":{"localhost:5000":{"username":"user","password":"pass"}}}"""u8);
        await api.PostAsync($"{home}/secrets", $$$"""{"metadata":{"name":"pull"},"type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"{{{config}}}"}}""");
        await api.PostAsync($"{home}/serviceaccounts", """{"metadata":{"name":"default"},"imagePullSecrets":[{"name":"pull"}]}""");
        JsonObject plain = await api.PostAsync($"{home}/pods", Samples.Pod("plain", node));
        JsonObject own = await api.PostAsync($"{home}/pods", Samples.Pod("own", node).Replace("\"containers\"", "\"imagePullSecrets\":[{\"name\":\"none\"}],\"containers\"", StringComparison.Ordinal));

        DesiredState desired = await DesiredSinceAsync(own);
        Assert.Equal([new RegistryLogin(UidOf(plain), "localhost:5000", "user", "pass")], desired.RegistryLogins);
        Assert.Equal("default", (string)plain["spec"]!["serviceAccountName"]!);
    }

    [Fact]
    public async Task Desired_BringsWhatVariablesTakeFromConfigMapsAndSecrets_AndIsNewsWhenThatChanges()
    {
        string space = await api.NewNamespaceAsync();
        string home = $"/api/v1/namespaces/{space}";
        await api.PostAsync($"{home}/configmaps", """{"metadata":{"name":"settings"},"data":{"a":"1","b":"2"}}""");
        await api.PostAsync($"{home}/secrets", """{"metadata":{"name":"login"},"stringData":{"password":"s3cret","user":"ann"}}""");
        await api.PostAsync($"{home}/secrets", """{"metadata":{"name":"of-nobody"},"stringData":{"x":"y"}}""");
        const string Variables = """
            "envFrom":[{"configMapRef":{"name":"settings"}},{"configMapRef":{"name":"late","optional":true}}],
            """;
        const string InitContainers = """
            "initContainers":[{"name":"init","image":"hello:1","env":[{"name":"P","valueFrom":{"secretKeyRef":{"name":"login","key":"password"}}}]}],
            """;
        JsonObject stored = await api.PostAsync($"{home}/pods", Samples.Pod("p", node)
            .Replace("\"image\"", Variables + "\"image\"", StringComparison.Ordinal)
            .Replace("\"containers\"", InitContainers + "\"containers\"", StringComparison.Ordinal));

        DesiredState desired = await DesiredSinceAsync(stored);
        Assert.Equal(
            [("ConfigMap", "settings", ValueMap.Of(("a", "1"), ("b", "2"))), ("Secret", "login", ValueMap.Of(("password", "s3cret")))],
            desired.EnvironmentContents.Select(content => (content.Kind, content.Name, content.Values)));
        Assert.DoesNotContain("s3cret", desired.EnvironmentContents[1].ToString(), StringComparison.Ordinal);

        JsonObject late = await api.PostAsync($"{home}/configmaps", """{"metadata":{"name":"late"},"data":{"c":"3"}}""");
        DesiredState next = await DesiredAsync(desired.Revision).WaitAsync(AnswerWithin);
        Assert.True(next.Revision >= long.Parse(late.VersionOf(), CultureInfo.InvariantCulture));
        Assert.Equal(["late", "settings", "login"], next.EnvironmentContents.Select(content => content.Name));
    }

    [Fact]
    public async Task Log_IsStreamedFromTheAgentThatDialsOut()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        DesiredState first = await DesiredSinceAsync(pod);
        Task<HttpResponseMessage> log = api.Admin.GetAsync($"{home}/p/log?tailLines=2");
        DesiredState asked = await DesiredAsync(first.Revision).WaitAsync(AnswerWithin);
        StreamRequest request = Assert.Single(asked.Streams);
        Assert.Equal((UidOf(pod), "c", 2L), (request.PodUid, request.Logs!.Container, request.Logs.TailLines));

        using StringContent lines = new("one\ntwo\n");
        using HttpResponseMessage sent = await api.Agent.PostAsync($"/agent/v1/streams/{request.Id}", lines);
        sent.EnsureSuccessStatusCode();
        using HttpResponseMessage response = await log.WaitAsync(AnswerWithin);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("one\ntwo\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Log_ThatTheAgentRefuses_IsThatError()
    {
        (string home, JsonObject pod) = await NewPodAsync();
        DesiredState first = await DesiredSinceAsync(pod);
        Task<HttpResponseMessage> log = api.Admin.GetAsync($"{home}/p/log?previous=true");
        StreamRequest request = Assert.Single((await DesiredAsync(first.Revision).WaitAsync(AnswerWithin)).Streams);
        using StringContent reason = new("previous terminated container \"c\" in pod \"p\" not found");
        using HttpResponseMessage sent = await api.Agent.PostAsync($"/agent/v1/streams/{request.Id}?status=400", reason);
        using HttpResponseMessage response = await log.WaitAsync(AnswerWithin);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("previous terminated container", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_OfANodeThatIsNotConnected_SaysSo()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        await api.PostAsync(home, Samples.Pod("p", "nowhere"));
        JsonObject status = await api.GetAsync($"{home}/p/log", HttpStatusCode.ServiceUnavailable);
        Assert.Contains("nowhere", (string)status["message"]!, StringComparison.Ordinal);
    }

    private static string UidOf(JsonObject pod) => (string)pod["metadata"]!["uid"]!;

    private static string NamespaceOf(JsonObject pod) => (string)pod["metadata"]!["namespace"]!;

    private static PodReport Running(JsonObject pod) => new()
    {
        Uid = UidOf(pod),
        Namespace = NamespaceOf(pod),
        Name = "p",
        Status = new PodStatus { Phase = "Running", Conditions = [new Condition { Type = "Ready", Status = "True" }] },
    };

    private NodeReport Full(string session) => new()
    {
        SessionId = session,
        Sequence = 1,
        IsFull = true,
        Node = new NodeStatus
        {
            Capacity = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("2") }.ToValueMap(),
            Addresses = [new NodeAddress { Type = "InternalIP", Address = "127.0.1.1" }],
        },
        NodeLabels = ValueMap.Of(("kubernetes.io/hostname", node)),
    };

    private async Task<(string Home, JsonObject Pod)> NewPodAsync()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        return (home, await api.PostAsync(home, Samples.Pod("p", node)));
    }

    private async Task<ReportReply> ReportAsync(NodeReport report)
    {
        using HttpResponseMessage response = await api.Agent.PostAsJsonAsync($"/agent/v1/nodes/{node}/report", report, ResourceJson.Options);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<ReportReply>(ResourceJson.Options))!;
    }

    /// <summary>The desired state once it is as new as an object: the first answer is what the replica has, which may be older.</summary>
    private async Task<DesiredState> DesiredSinceAsync(JsonObject stored)
    {
        DesiredState desired = await DesiredAsync(0);
        return desired.Revision >= long.Parse(stored.VersionOf(), CultureInfo.InvariantCulture) ? desired : await DesiredAsync(desired.Revision);
    }

    private async Task<DesiredState> DesiredAsync(long after)
    {
        using HttpResponseMessage response = await api.Agent.GetAsync($"/agent/v1/nodes/{node}/desired?after={after}");
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<DesiredState>(ResourceJson.Options))!;
    }
}
