using System.Diagnostics;
using System.Text.Json;

namespace ControlPlane.Bench.Rigs;

/// <summary>When pods were marked for deletion, and when new ones were given a node, as a watch tells it.</summary>
internal sealed class PodFates : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private readonly Lock gate = new();
    private readonly List<long> marks = [];
    private readonly List<long> orders = [];
    private readonly HashSet<string> marked = new(StringComparer.Ordinal);
    private readonly HashSet<string> placed;
    private readonly CancellationTokenSource stop = new();
    private readonly Task following;

    private PodFates(Client client, IEnumerable<string> placed, string revision)
    {
        this.placed = new HashSet<string>(placed, StringComparer.Ordinal);
        following = client.FollowAsync($"{Client.Pods}?watch=1&resourceVersion={revision}", Note, stop.Token);
    }

    /// <summary>Follows all pods from now on; those that have a node already are no news.</summary>
    public static async Task<PodFates> FollowAsync(Client client, CancellationToken cancellationToken)
    {
        using JsonDocument list = JsonDocument.Parse(await client.GetAsync(Client.Pods, cancellationToken));
        IEnumerable<string> placed = list.RootElement.GetProperty("items").EnumerateArray().Where(IsPlaced).Select(UidOf);
        return new PodFates(client, placed, list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!);
    }

    /// <summary>Waits until so many pods were marked, and as many ordered in their place.</summary>
    /// <exception cref="BenchException">It took too long, or the watch has ended.</exception>
    public async Task WaitForReplacementsAsync(int count, TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (Counts() is var (given, ordered) && (given < count || ordered < count))
        {
            if (Stopwatch.GetElapsedTime(start) > patience)
            {
                throw new BenchException($"after {patience.TotalSeconds:0} s {given} pods were given up and {ordered} ordered in their place; {count} were lost");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>The times at which pods were marked and ordered (<see cref="Stopwatch.GetTimestamp"/>), each in order.</summary>
    public (IReadOnlyList<long> Marks, IReadOnlyList<long> Orders) Now()
    {
        lock (gate)
        {
            return ([.. marks], [.. orders]);
        }
    }

    /// <summary>How many were marked and ordered so far.</summary>
    /// <exception cref="BenchException">The watch has ended: more may have happened than was seen.</exception>
    public (int Marked, int Ordered) Counts()
    {
        if (following.IsCompleted)
        {
            throw new BenchException($"the watch of the pods has ended: {following.Exception?.GetBaseException().Message}");
        }

        lock (gate)
        {
            return (marks.Count, orders.Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private void Note(JsonElement pod)
    {
        long now = Stopwatch.GetTimestamp();
        lock (gate)
        {
            if (pod.GetProperty("metadata").TryGetProperty("deletionTimestamp", out _) && marked.Add(UidOf(pod)))
            {
                marks.Add(now);
            }

            if (IsPlaced(pod) && placed.Add(UidOf(pod)))
            {
                orders.Add(now);
            }
        }
    }

    private static bool IsPlaced(JsonElement pod) => pod.GetProperty("spec").TryGetProperty("nodeName", out JsonElement node) && node.GetString() is { Length: > 0 };

    private static string UidOf(JsonElement pod) => pod.GetProperty("metadata").GetProperty("uid").GetString()!;
}
