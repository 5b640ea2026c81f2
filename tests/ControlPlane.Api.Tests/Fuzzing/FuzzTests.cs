using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Commits;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>Requests of which parts make no sense: each is answered, and one that is refused has changed nothing.</summary>
[Collection(FuzzingCollection.Name)]
public sealed class FuzzTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private const int RequestsInANamespace = 100;
    private const int Seed = 20260101;

    /// <summary>Bytes that the process may hold on to from the second half of the requests: what was made is kept, and the changes of the last minutes.</summary>
    private const int KeptBytesMax = 16 << 20;

    private static readonly TimeSpan PooledFor = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OpenFor = TimeSpan.FromMilliseconds(100);
    private static readonly int Requests = Environment.GetEnvironmentVariable("CONTROLPLANE_LONG_TESTS") == "1" ? 10_000 : 500;

    private readonly ApiServer api = new();
    private readonly HttpClient client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.UTF8,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    private readonly SortedDictionary<int, int> answers = [];
    private readonly List<string> wrong = [];

    private long revision;

    public async Task InitializeAsync()
    {
        await api.InitializeAsync();
        client.DefaultRequestHeaders.Authorization = api.Admin.DefaultRequestHeaders.Authorization;
    }

    public Task DisposeAsync() => api.DisposeAsync();

    public void Dispose()
    {
        client.Dispose();
        api.Dispose();
    }

    [Fact]
    public async Task MutatedRequests_AreAnsweredWithoutFailing_AndChangeNothingWhenRefused()
    {
        long atHalf = 0;
        string ns = "";
        for (int number = 0; number < Requests; number++)
        {
            if (number % RequestsInANamespace == 0)
            {
                ns = await FurnishedNamespaceAsync();
            }

            atHalf = number == Requests / 2 ? GC.GetTotalMemory(forceFullCollection: true) : atHalf;
            Random random = new(Seed + number);
            await TryAsync(number, RequestMutations.Next(random, ns));
        }

        long kept = await KeptSinceAsync(atHalf);
        output.WriteLine($"{Requests} requests: {string.Join(", ", answers.Select(one => $"{one.Value} × {one.Key}"))}");
        output.WriteLine($"memory: {atHalf >> 20} MiB at half, {kept >> 10} KiB more at the end");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Requests} requests went wrong\n\n{string.Join("\n\n", wrong.Take(12))}");
        Assert.True(answers.Keys.Any(code => code is >= 200 and < 300) && answers.Keys.Count(code => code >= 400) > 3, "the requests are not as varied as they should be");
        Assert.InRange(kept, long.MinValue, KeptBytesMax);
    }

    /// <summary>Bytes that are held on to beyond what there was then. Buffers that are pooled are given back only after a minute in which nobody asked for them.</summary>
    private static async Task<long> KeptSinceAsync(long then)
    {
        long start = Stopwatch.GetTimestamp();
        long kept = GC.GetTotalMemory(forceFullCollection: true) - then;
        while (kept > KeptBytesMax && Stopwatch.GetElapsedTime(start) < PooledFor)
        {
            await Task.Delay(TimeSpan.FromSeconds(5));
            kept = GC.GetTotalMemory(forceFullCollection: true) - then;
        }

        return kept;
    }

    /// <summary>A namespace with an object of each kind. Another one from time to time, for requests leave little of it.</summary>
    private async Task<string> FurnishedNamespaceAsync()
    {
        string ns = await api.NewNamespaceAsync();
        List<string> refused = [];
        foreach (FuzzRequest make in FuzzSamples.Makes.Select(make => make.In(ns)))
        {
            using HttpResponseMessage response = await client.SendAsync(make.ToMessage(api.Nobody.BaseAddress!));
            if (!response.IsSuccessStatusCode)
            {
                refused.Add($"{make}\n{await response.Content.ReadAsStringAsync()}");
            }
        }

        Assert.True(refused.Count == 0, $"the samples are not what they should be:\n{string.Join('\n', refused)}");
        revision = await RevisionAsync();
        return ns;
    }

    private async Task TryAsync(int number, FuzzRequest request)
    {
        (int code, string? problem) = await SendAsync(request);
        answers[code] = answers.GetValueOrDefault(code) + 1;
        long before = revision;
        revision = await RevisionAsync();
        if (code >= 400 && revision != before)
        {
            problem ??= $"refused, but the store went from revision {before} to {revision}";
        }

        if (problem is not null)
        {
            wrong.Add($"request {number}: {problem}\n{request}");
        }
    }

    /// <returns>The answer's code, 0 for one that may take its time; and what is wrong with it.</returns>
    private async Task<(int Code, string? Problem)> SendAsync(FuzzRequest request)
    {
        using CancellationTokenSource late = new(request.MayStayOpen ? OpenFor : AnswerWithin);
        using HttpRequestMessage message = request.ToMessage(api.Nobody.BaseAddress!);
        int code = 0;
        try
        {
            using HttpResponseMessage response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, late.Token);
            code = (int)response.StatusCode;
            string text = await response.Content.ReadAsStringAsync(late.Token);
            return (code, Problem(request, code, text));
        }
        catch (OperationCanceledException)
        {
            return (code, request.MayStayOpen ? null : $"no answer within {AnswerWithin}");
        }
        catch (HttpRequestException failure)
        {
            return (code, $"no answer: {failure.Message} {failure.InnerException?.Message}");
        }
    }

    private static string? Problem(FuzzRequest request, int code, string text)
    {
        // What is behind a proxied path may be away, and so may the agent of a node that a pod was bound to: that is no fault of the API's, and said in a Status like any refusal.
        bool isAway = code == 503 && (request.Path.Contains("/proxy", StringComparison.Ordinal) || text.Contains("\"message\":\"the agent of node ", StringComparison.Ordinal));

        // A revision that is not there yet has been waited for: Kubernetes' answer to that is a 504 of this cause.
        bool isAhead = code == 504 && request.Query.Contains("resourceVersion=", StringComparison.Ordinal) && text.Contains("\"reason\":\"ResourceVersionTooLarge\"", StringComparison.Ordinal);
        if (code >= 500 && !isAway && !isAhead)
        {
            return $"{code} {text}";
        }

        // What is no HTTP at all is answered by the server below the API, without words.
        if (code < 400 || text.Length == 0)
        {
            return null;
        }

        try
        {
            JsonNode? status = JsonNode.Parse(text);
            return (string?)status?["kind"] == "Status" && (int?)status["code"] == code ? null : $"{code} is not the Status {text}";
        }
        catch (JsonException)
        {
            return $"{code} without a Status: {text}";
        }
    }

    private Task<long> RevisionAsync() => api.Services.GetRequiredService<IResourceCache>().AskLatestAsync(CancellationToken.None);
}
