using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ControlPlane.Bench.Benchmarks;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Loads;

/// <summary>A Deployment that is rolled to one new image after the other.</summary>
internal sealed class Roller(Client client, string name, int pods)
{
    /// <summary>A rollout that takes longer has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The watch is to last: what ends it is the end of the benchmark.</summary>
    private static readonly TimeSpan WatchTimeout = TimeSpan.FromHours(12);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<long>> firstPods = new(StringComparer.Ordinal);
    private readonly List<double> firstPodTimes = [];

    /// <summary>From before each rollout was asked for until a watch showed that its first pod was given a node, in milliseconds. To be read when it has ended.</summary>
    public IReadOnlyList<double> FirstPodTimes => firstPodTimes;

    /// <summary>Rolls until it is told to stop; what it began last is not waited for.</summary>
    /// <exception cref="BenchException">A rollout did not get on, or the watch of the pods has ended.</exception>
    public async Task RunAsync(CancellationToken enough)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(enough);
        string watch = $"{Client.Pods}?watch=1&labelSelector=app%3D{name}&timeoutSeconds={WatchTimeout.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)}";
        Task following = client.FollowAsync(watch, Note, end.Token);
        Task rolling = RollAsync(enough);
        Task first = await Task.WhenAny(following, rolling);
        await end.CancelAsync();
        try
        {
            await first;
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // Told to stop.
        }

        await Task.WhenAll(following, rolling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RollAsync(CancellationToken enough)
    {
        for (int version = 2; !enough.IsCancellationRequested; version++)
        {
            string image = $"hollow:v{version.ToString(CultureInfo.InvariantCulture)}";
            TaskCompletionSource<long> firstPod = firstPods[image] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            long asked = Stopwatch.GetTimestamp();
            Task rolled = LifeCycle.RollAsync(client, name, pods, image, enough);
            try
            {
                firstPodTimes.Add(Stopwatch.GetElapsedTime(asked, await firstPod.Task.WaitAsync(Patience, enough)).TotalMilliseconds);
                await rolled.WaitAsync(Patience, enough);
            }
            catch (TimeoutException)
            {
                throw new BenchException($"{name}: the rollout of {image} is not done after {Patience.TotalMinutes:0} minutes");
            }
            finally
            {
                firstPods.TryRemove(image, out _);
            }
        }
    }

    private void Note(JsonElement pod)
    {
        JsonElement spec = pod.GetProperty("spec");
        if (spec.TryGetProperty("nodeName", out JsonElement node) && node.GetString() is { Length: > 0 }
            && firstPods.TryGetValue(spec.GetProperty("containers")[0].GetProperty("image").GetString()!, out TaskCompletionSource<long>? first))
        {
            first.TrySetResult(Stopwatch.GetTimestamp());
        }
    }
}
