using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Services;

/// <summary>Nothing reconciles here: each test says what is left of a budget.</summary>
[Collection(ApiCollection.Name)]
public sealed class EvictionTests(ApiServer api)
{
    [Theory]
    [InlineData("""{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}}""")]
    [InlineData("""{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"p"},"deleteOptions":{"gracePeriodSeconds":7}}""")]
    [InlineData("")]
    public async Task Evict_APodWithoutABudget_DeletesIt(string body)
    {
        string space = await PodAsync();

        JsonObject said = await api.PostAsync($"{Pods(space)}/p/eviction", body);

        Assert.Equal(("Status", "Success"), ((string)said["kind"]!, (string)said["status"]!));
        JsonObject pod = await api.GetAsync($"{Pods(space)}/p");
        Assert.Equal(body.Contains('7', StringComparison.Ordinal) ? 7 : 30, (int)pod["metadata"]!["deletionGracePeriodSeconds"]!);
    }

    [Fact]
    public async Task Evict_WithABudget_SpendsIt_AndIsRefusedWhenNothingIsLeft()
    {
        string space = await PodAsync("p");
        await RunningAsync(space, "q");
        await BudgetAsync(space, allowed: 1);

        await api.PostAsync($"{Pods(space)}/p/eviction", "");
        JsonObject refused = await api.PostAsync($"{Pods(space)}/q/eviction", "", HttpStatusCode.TooManyRequests);

        Assert.Equal("Cannot evict pod as it would violate the pod's disruption budget.", (string)refused["message"]!);
        Assert.Equal("TooManyRequests", (string)refused["reason"]!);
        JsonNode cause = refused["details"]!["causes"]![0]!;
        Assert.Equal(("DisruptionBudget", "The disruption budget b needs 1 healthy pods and has 2 currently"), ((string)cause["reason"]!, (string)cause["message"]!));
        Assert.Null((await api.GetAsync($"{Pods(space)}/q"))["metadata"]!["deletionTimestamp"]);
        await api.PostAsync($"{Pods(space)}/p/eviction", "");
    }

    /// <summary>
    /// When a pod may go that a budget keeps, nobody knows: a client that is told a time asks again by itself and keeps the answer from its user (<c>kubectl drain</c> said nothing for 100 s).
    /// A budget that has changed is counted again soon.
    /// </summary>
    [Theory]
    [InlineData(1, null)]
    [InlineData(0, 10)]
    public async Task Evict_Refused_SaysWhenToAskAgainOnlyOfABudgetThatIsBeingCounted(int observed, int? seconds)
    {
        string space = await PodAsync();
        await BudgetAsync(space, allowed: 0, observed);

        using StringContent nothing = new("");
        using HttpResponseMessage answer = await api.Admin.PostAsync($"{Pods(space)}/p/eviction", nothing);

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(seconds, (int?)answer.Headers.RetryAfter?.Delta?.TotalSeconds);
        JsonNode refused = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(seconds, (int?)refused["details"]!["retryAfterSeconds"]);
    }

    [Fact]
    public async Task Evict_ManyAtOnce_SpendsNoMoreThanThereIs()
    {
        const int All = 30;
        string space = await PodAsync("p0");
        await Task.WhenAll(Enumerable.Range(1, All - 1).Select(i => RunningAsync(space, $"p{i}")));
        await BudgetAsync(space, allowed: 20);

        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, All).Select(i => api.Admin.PostAsync($"{Pods(space)}/p{i}/eviction", new StringContent(""))));

        Assert.Equal(20, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.All(answers.Where(answer => !answer.IsSuccessStatusCode), answer => Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task Evict_AsADryRun_SpendsNothing()
    {
        string space = await PodAsync();
        await BudgetAsync(space, allowed: 1);

        await api.PostAsync($"{Pods(space)}/p/eviction", """{"deleteOptions":{"dryRun":["All"]}}""");

        Assert.Equal(1, (int)(await api.GetAsync($"{Budgets(space)}/b"))["status"]!["disruptionsAllowed"]!);
        Assert.Null((await api.GetAsync($"{Pods(space)}/p"))["metadata"]!["deletionTimestamp"]);
    }

    [Theory]
    [InlineData("""{"apiVersion":"apps/v1","kind":"Eviction"}""")]
    [InlineData("""{"kind":"Pod"}""")]
    [InlineData("""{"metadata":{"name":"other"}}""")]
    [InlineData("""{"metadata":{"namespace":"other"}}""")]
    [InlineData("{")]
    public async Task Evict_WithABodyThatIsNoEvictionOfThisPod_IsA400(string body)
    {
        string space = await PodAsync();

        await api.PostAsync($"{Pods(space)}/p/eviction", body, HttpStatusCode.BadRequest);
    }

    private static string Pods(string space) => $"/api/v1/namespaces/{space}/pods";

    private static string Budgets(string space) => $"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets";

    private async Task<string> PodAsync(string name = "p")
    {
        string space = await api.NewNamespaceAsync();
        await RunningAsync(space, name);
        return space;
    }

    private async Task RunningAsync(string space, string name)
    {
        await api.PostAsync(Pods(space), Samples.Pod(name, "node-1", """{"app":"web"}"""));
        await api.PatchAsync($"{Pods(space)}/{name}/status", "application/merge-patch+json", """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""");
    }

    private async Task BudgetAsync(string space, int allowed, int observed = 1)
    {
        await api.PostAsync(Budgets(space), """{"metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"web"}}}}""");
        await api.PatchAsync(
            $"{Budgets(space)}/b/status",
            "application/merge-patch+json",
            $$$"""{"status":{"observedGeneration":{{{observed}}},"disruptionsAllowed":{{{allowed}}},"currentHealthy":2,"desiredHealthy":1,"expectedPods":2} }""");
    }
}
