using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>The examples of canary and blue-green, as a Service's clients see them.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class StrategyTests(SharedProduct shared)
{
    private const int Replicas = 3;

    private static readonly TimeSpan StepMax = TimeSpan.FromSeconds(120);

    /// <summary>Between the requests of the load: agents, probes and new pods need the processors, too.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(3);

    [Fact]
    public async Task Canary_GetsItsShareOfTheRequests_AndAnAbortTakesItBack()
    {
        (Kubectl kubectl, Deployments hello, Uri url) = await StartAsync("canary", "canary.yaml");
        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        await ReachAsync(kubectl, strategy => (int)strategy["step"]! == 1 && (decimal)strategy["weight"]! == 10);
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        await AnswersAsync(client, url, "v2");

        string[] answers = await AskAsync(client, url, 100);
        Assert.InRange(answers.Count(answer => answer == "v2"), 9, 11);
        Assert.Equal(90, (answers.Count(answer => answer == "v1") + 5) / 10 * 10);

        await PostAsync(kubectl, "promote");
        await ReachAsync(kubectl, strategy => (decimal)strategy["weight"]! == 50);
        await PostAsync(kubectl, "abort");
        await shared.Product.EventuallyAsync(
            "all requests are back", StepMax, async () => (await AskAsync(client, url, 20)) is var back && back.All(answer => answer == "v1") ? null : string.Join(' ', back));
        await hello.BecomeReadyAsync(Replicas);
        await shared.Product.EventuallyAsync(
            "the policy shows what became of it",
            StepMax,
            async () => await kubectl.OkAsync("get", "rolloutpolicies") is var shown && Regex.IsMatch(shown, @"hello\s+Canary\s+hello\s+True\s+1\s+0\s") ? null : shown);
        await kubectl.OkAsync("delete", "-f", Clone.Example("service.yaml"), "-f", Clone.Example("canary.yaml"), "-f", Clone.Example("hello.yaml"));
    }

    [Fact]
    public async Task CanaryWithAnalysis_IsTriedByTesters_AndGoesBackWhenItsAnswersFail()
    {
        (Kubectl kubectl, Deployments hello, Uri url) = await StartAsync("analysis", "canary-analysis.yaml");
        await kubectl.OkAsync("set", "env", "deployment/hello", "VERSION=bad", "FAIL_PERCENT=50");
        await ReachAsync(kubectl, strategy => (string)strategy["phase"]! == "WaitingForPromotion");
        using HttpClient tester = new(new SocketsHttpHandler { UseProxy = false }) { DefaultRequestHeaders = { { "x-tester", "true" } } };
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        await AnswersAsync(tester, url, "bad");
        Assert.All(await AskAsync(tester, url, 20), answer => Assert.Contains("bad", answer, StringComparison.Ordinal));
        Assert.All(await AskAsync(client, url, 50), answer => Assert.Equal("v1", answer));

        await PostAsync(kubectl, "promote");
        await AnswersAsync(client, url, "bad");
        await shared.Product.EventuallyAsync(
            "the analysis fails it",
            StepMax,
            async () =>
            {
                await AskAsync(client, url, 200);
                JsonNode view = await shared.Api.GetAsync(PathOf(kubectl) + "/rollout");
                return (string?)view["phase"] == "RolledBack" && (string?)view["reason"] == "AnalysisFailed" ? null : view.ToJsonString();
            });
        await shared.Product.EventuallyAsync(
            "all requests are back, the testers' too",
            StepMax,
            async () => await AskAsync(client, url, 20) is var back && await AskAsync(tester, url, 20) is var tested && back.Concat(tested).All(answer => answer == "v1")
                ? null
                : string.Join(' ', back));
        await hello.BecomeReadyAsync(Replicas);
        string described = await kubectl.OkAsync("describe", "deployment", "hello");
        Assert.Matches("AnalysisFailed", described);
        Assert.Matches(@"[45]\d\.?\d*% of \d+ requests succeeded, less than 99%", described);
        await kubectl.OkAsync("delete", "-f", Clone.Example("service.yaml"), "-f", Clone.Example("canary-analysis.yaml"), "-f", Clone.Example("hello.yaml"));
    }

    [Fact]
    public async Task BlueGreen_SwitchesUnderLoad_AndLosesNoRequest()
    {
        (Kubectl kubectl, Deployments hello, Uri url) = await StartAsync("blue-green", "blue-green.yaml");
        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        await ReachAsync(kubectl, strategy => (string)strategy["phase"]! == "WaitingForPromotion");
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        Assert.All(await AskAsync(client, url, 50), answer => Assert.Equal("v1", answer));

        using CancellationTokenSource enough = new();
        Task<List<string>> load = LoadAsync(url, enough.Token);
        await PostAsync(kubectl, "promote");
        await AnswersAsync(client, url, "v2");
        Assert.All(await AskAsync(client, url, 50), answer => Assert.Equal("v2", answer));
        await kubectl.OkAsync("rollout", "undo", "deployment/hello");
        await AnswersAsync(client, url, "v1");
        await hello.BecomeReadyAsync(Replicas);
        await enough.CancelAsync();

        Assert.Equal(["v1", "v2"], (await load).Distinct().Order(StringComparer.Ordinal));
        await kubectl.OkAsync("delete", "-f", Clone.Example("service.yaml"), "-f", Clone.Example("blue-green.yaml"), "-f", Clone.Example("hello.yaml"));
    }

    private async Task<(Kubectl Kubectl, Deployments Hello, Uri Url)> StartAsync(string subject, string policy)
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace(subject));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("service.yaml"), "-f", Clone.Example(policy), "-f", Clone.Example("hello.yaml"));
        await hello.BecomeReadyAsync(Replicas);
        Uri url = new("http://127.0.1.1:30080/");
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        await AnswersAsync(client, url, "v1");
        return (kubectl, hello, url);
    }

    private Task<TimeSpan> ReachAsync(Kubectl kubectl, Func<JsonNode, bool> isThere) => shared.Product.EventuallyAsync(
        "the strategy's step",
        StepMax,
        async () =>
        {
            JsonNode view = await shared.Api.GetAsync(PathOf(kubectl) + "/rollout");
            return view["strategy"] is { } strategy && strategy["step"] is not null && isThere(strategy) ? null : view.ToJsonString();
        });

    /// <summary>A gateway follows within moments.</summary>
    private Task<TimeSpan> AnswersAsync(HttpClient client, Uri url, string version) => shared.Product.EventuallyAsync(
        $"{version} answers", StepMax, async () => (await AskAsync(client, url, 20)) is var answers && answers.Contains(version) ? null : string.Join(' ', answers));

    private async Task PostAsync(Kubectl kubectl, string action)
    {
        Answer answer = await shared.Api.SendAsync(HttpMethod.Post, $"{PathOf(kubectl)}/{action}", "");
        Assert.True(answer.Code == 201, $"{action}: {answer.Code} {answer.Text}");
    }

    private static string PathOf(Kubectl kubectl) => $"/apis/apps/v1/namespaces/{kubectl.Namespace}/deployments/hello";

    private static async Task<List<string>> LoadAsync(Uri url, CancellationToken enough)
    {
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        List<string> answers = [];
        while (!enough.IsCancellationRequested)
        {
            answers.AddRange(await AskAsync(client, url, 1));
            await Task.Delay(Pace, CancellationToken.None);
        }

        return answers;
    }

    /// <summary>The versions that answered, or what went wrong, one request after the other.</summary>
    private static async Task<string[]> AskAsync(HttpClient client, Uri url, int count)
    {
        string[] answers = new string[count];
        for (int i = 0; i < count; i++)
        {
            try
            {
                using HttpResponseMessage response = await client.GetAsync(url);
                string body = await response.Content.ReadAsStringAsync();
                answers[i] = response.IsSuccessStatusCode ? JsonNode.Parse(body)!["version"]!.GetValue<string>() : $"{(int)response.StatusCode} {body}";
            }
            catch (HttpRequestException failure)
            {
                answers[i] = failure.Message;
            }
        }

        return answers;
    }
}
