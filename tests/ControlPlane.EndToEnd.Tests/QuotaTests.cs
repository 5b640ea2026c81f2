using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>A quota as kubectl makes and shows it, and a Deployment that runs into it; what happened, under both groups of Events.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class QuotaTests(SharedProduct shared)
{
    private const string Why = "is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1";

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ADeployment_ThatDoesNotFit_WaitsForRoom(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("quota"));
        await kubectl.OkAsync("create", "quota", "small", "--hard=pods=1,limits.memory=1Gi");
        CommandResult refused = await kubectl.RunAsync("run", "x", "--image=hello:v1");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("pods \"x\" is forbidden: failed quota: small: must specify limits.memory for: x", refused.Errors, StringComparison.Ordinal);
        await kubectl.OkAsync("delete", "quota", "small");
        await kubectl.OkAsync("create", "quota", "small", "--hard=pods=1");

        await kubectl.OkAsync("create", "deployment", "web", "--image=hello:v1", "--replicas=2");
        await ShowsAsync(kubectl, Why, "get", "deployment", "web", "-o", "jsonpath={.status.conditions[?(@.type=='ReplicaFailure')].message}");
        await ShowsAsync(kubectl, "pods: 1/1", "get", "quota");
        Assert.Matches(@"^NAME +REQUEST +LIMIT +AGE\nsmall +pods: 1/1 +\S+\n$", await kubectl.OkAsync("get", "quota"));
        Assert.Matches(@"Resource +Used +Hard\n-+ +-+ +-+\npods +1 +1\n", await kubectl.OkAsync("describe", "quota", "small"));
        await ShowsAsync(kubectl, Why, "get", "events.events.k8s.io", "--field-selector=regarding.kind=ReplicaSet,reason=FailedCreate", "-o", "custom-columns=N:.note");

        await kubectl.OkAsync("patch", "quota", "small", "-p", """{"spec":{"hard":{"pods":"2"}}}""");
        await ShowsAsync(kubectl, "2", "get", "deployment", "web", "-o", "jsonpath={.status.availableReplicas}");
        await ShowsAsync(kubectl, "pods: 2/2", "get", "quota", "small");
    }

    private Task<TimeSpan> ShowsAsync(Kubectl kubectl, string wanted, params string[] arguments) => shared.Product.EventuallyAsync(
        wanted,
        TimeSpan.FromSeconds(90),
        async () => await kubectl.OkAsync(arguments) is var seen && seen.Contains(wanted, StringComparison.Ordinal) ? null : seen);
}
