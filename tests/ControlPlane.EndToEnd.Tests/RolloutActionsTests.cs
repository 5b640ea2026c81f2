using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Why a rollout is stuck, where it stands, what a change would do, and the actions: with kubectl, and with what curl sends.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class RolloutActionsTests(SharedProduct shared)
{
    private const int Replicas = 3;

    /// <summary>What each broken change is, and the reason that describe shows for it.</summary>
    public static TheoryData<string, string> Broken => new()
    {
        { """{"spec":{"template":{"spec":{"containers":[{"name":"hello","image":"nothere:1"}]}}}}""", "ImagePull" },
        { """{"spec":{"template":{"spec":{"containers":[{"name":"hello","readinessProbe":{"httpGet":{"path":"/nothing"}}}]}}}}""", "NotReady" },
        { """{"spec":{"template":{"spec":{"containers":[{"name":"hello","resources":{"requests":{"cpu":"999"}}}]}}}}""", "Unschedulable" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task BrokenChange_IsToldByDescribe_UntilItIsUndone(string patch, string reason)
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync("blocked");

        await kubectl.OkAsync("patch", "deployment", "hello", "--patch", patch);
        await DescribeAsync(kubectl, $@"Blocked\s+True\s+{reason}\s", isThere: true);
        await DescribeAsync(kubectl, $@"Warning\s+{reason}\s.*pod hello-", isThere: true);
        JsonNode view = await shared.Api.GetAsync(PathOf(kubectl) + "/rollout");
        Assert.Contains(view["blockers"]!.AsArray(), blocker => (string)blocker!["reason"]! == reason && blocker["pod"] is not null && blocker["since"] is not null);

        await kubectl.OkAsync("rollout", "undo", "deployment/hello");
        await DescribeAsync(kubectl, @"Blocked\s+True", isThere: false);
        await hello.BecomeReadyAsync(Replicas);
    }

    [Fact]
    public async Task ReleaseByActions_FromPlanToRollback()
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync("actions");
        string path = PathOf(kubectl);
        JsonNode changed = await shared.Api.GetAsync(path);
        changed["metadata"]!.AsObject().Remove("resourceVersion"); // the pods have become ready this moment: the status is still being written
        changed["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "hello:v2";

        JsonNode forecast = await PostAsync(path + "/plan", changed.ToJsonString());
        Assert.True((bool)forecast["rolls"]! && (bool)forecast["completes"]!, forecast.ToJsonString());
        Assert.Equal((3, 4), ((int)forecast["lowestAvailable"]!, (int)forecast["highestTotal"]!));

        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        Assert.Equal("Complete", (string)(await shared.Api.OutcomeAsync(path))["phase"]!);

        Assert.True((bool)(await PostAsync(path + "/restart"))["changed"]!);
        Assert.Equal("Complete", (string)(await shared.Api.OutcomeAsync(path))["phase"]!);

        JsonNode back = await PostAsync(path + "/rollback", """{"toRevision":1}""");
        Assert.Equal("rolled back to revision 1", (string)back["message"]!);
        JsonNode view = await shared.Api.OutcomeAsync(path);
        Assert.Equal(("Complete", 4), ((string)view["phase"]!, (int)view["revision"]!));
        Assert.All((await hello.PodsAsync()).Where(pod => !pod.IsDeleting()), pod => Assert.Equal("hello:v1", (string)pod["spec"]!["containers"]![0]!["image"]!));
    }

    [Fact]
    public async Task AbortedRevision_GivesWayToTheLastGoodOne_UntilItIsTriedAgain()
    {
        (Kubectl kubectl, _) = await StartHelloAsync("abort");
        string path = PathOf(kubectl);
        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=nothere:1");
        await PhaseAsync(path, "Progressing", revision: 2);

        Assert.Equal("revision 2 is given up", (string)(await PostAsync(path + "/abort"))["message"]!);
        Assert.Equal("RolledBack", (string)(await shared.Api.OutcomeAsync(path))["phase"]!);
        Assert.Equal("revision 2 is tried again", (string)(await PostAsync(path + "/retry"))["message"]!);
        await PhaseAsync(path, "Progressing", revision: 2);
    }

    private static string PathOf(Kubectl kubectl) => $"/apis/apps/v1/namespaces/{kubectl.Namespace}/deployments/hello";

    private async Task<JsonNode> PostAsync(string path, string body = "")
    {
        Answer answer = await shared.Api.SendAsync(HttpMethod.Post, path, body);
        Assert.True(answer.Code == 201, $"{path}: {answer.Code} {answer.Text}");
        return answer.Json;
    }

    private Task<TimeSpan> PhaseAsync(string path, string phase, int revision) => shared.Product.EventuallyAsync(
        $"revision {revision} to be {phase}",
        Deployments.RolloutMax,
        async () =>
        {
            JsonNode view = await shared.Api.GetAsync(path + "/rollout");
            return (string)view["phase"]! == phase && (int)view["revision"]! == revision ? null : view.ToJsonString();
        });

    private Task<TimeSpan> DescribeAsync(Kubectl kubectl, string pattern, bool isThere) => shared.Product.EventuallyAsync(
        $"describe {(isThere ? "to show" : "no longer to show")} {pattern}",
        Deployments.RolloutMax,
        async () =>
        {
            string described = await kubectl.OkAsync("describe", "deployment", "hello");
            return System.Text.RegularExpressions.Regex.IsMatch(described, pattern) == isThere ? null : described;
        });

    private async Task<(Kubectl Kubectl, Deployments Hello)> StartHelloAsync(string subject)
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace(subject));
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await hello.BecomeReadyAsync(Replicas);
        return (kubectl, hello);
    }
}
