using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>How soon the last of many watchers has been told of a change, beside a bare Kestrel that sends the same bytes to as many.</summary>
internal static class ApiWatches
{
    private const int Changes = 50;
    private const string Limit = "bare Kestrel, the same bytes";
    private const string MergePatch = "application/merge-patch+json";
    private const string Annotation = "bench.controlplane.dev/turn";

    /// <summary>A change that has not reached all watchers by then is lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task MeasureAsync(Rig rig, Figures figures, BenchOptions options, CancellationToken cancellationToken)
    {
        string path = $"{Client.Deployments}/{LifeCycle.Name}";
        Uri watch = rig.Client.Address($"{Client.Deployments}?watch=1&fieldSelector=metadata.name%3D{LifeCycle.Name}");
        int turn = 0;
        async Task<string> ChangeAsync()
        {
            string value = $"turn-{(++turn).ToString(CultureInfo.InvariantCulture)}";
            await rig.Client.SendAsync(HttpMethod.Patch, path, $$$"""{"metadata":{"annotations":{"{{{Annotation}}}":"{{{value}}}"} } }""", MergePatch, cancellationToken);
            return $"\"{value}\"";
        }

        string mark = await ChangeAsync();
        byte[] line = [.. await LastLineAsync(rig, watch, mark, cancellationToken), (byte)'\n'];
        await using BareServer bare = await BareServer.StartAsync(line, cancellationToken);
        using HttpClient pusher = new(new SocketsHttpHandler { UseProxy = false });
        for (int i = 0; i < options.Repeat; i++)
        {
            double cpu = rig.Processes["api"].CpuSeconds();
            double[] ours = await ToldAsync(watch, rig.Client.Token, options.Watchers, ChangeAsync, cancellationToken);
            double spent = rig.Processes["api"].CpuSeconds() - cpu;
            double[] limit = await ToldAsync(bare.WatchAddress, rig.Client.Token, options.Watchers, PushAsync, cancellationToken);
            figures.Add("watchers told p50", "ms", ClosedLoop.Percentile(ours, 0.5), ClosedLoop.Percentile(limit, 0.5), Limit);
            figures.Add("watchers told p99", "ms", ClosedLoop.Percentile(ours, 0.99), ClosedLoop.Percentile(limit, 0.99), Limit);
            figures.Add("api's cpu for each line sent", "µs", spent / (Changes * options.Watchers) * 1e6);
        }

        async Task<string> PushAsync()
        {
            using HttpResponseMessage answer = await pusher.PostAsync(bare.PushAddress, null, cancellationToken);
            answer.EnsureSuccessStatusCode();
            return mark;
        }
    }

    /// <summary>The line that a watch shows of the object with that mark.</summary>
    private static async Task<byte[]> LastLineAsync(Rig rig, Uri watch, string mark, CancellationToken cancellationToken)
    {
        using Watcher watcher = await Watcher.StartAsync(watch, rig.Client.Token, cancellationToken);
        return Encoding.UTF8.GetBytes(await watcher.UntilAsync(mark, cancellationToken));
    }

    /// <summary>For each change, how many milliseconds it took from before it was asked for until the last watcher had read it; sorted.</summary>
    private static async Task<double[]> ToldAsync(Uri address, string token, int watchers, Func<Task<string>> change, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Watcher> all = [];
        try
        {
            for (int i = 0; i < watchers; i++)
            {
                all.Add(await Watcher.StartAsync(address, token, cancellationToken));
            }

            List<double> times = [];
            for (int i = 0; i < Changes; i++)
            {
                late.CancelAfter(Patience);
                long start = Stopwatch.GetTimestamp();
                string mark = await change();
                await Task.WhenAll(all.Select(watcher => watcher.UntilAsync(mark, late.Token)));
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return [.. times.Order()];
        }
        finally
        {
            all.ForEach(watcher => watcher.Dispose());
        }
    }

    /// <summary>One watch, on a connection of its own.</summary>
    private sealed class Watcher(HttpClient http, HttpResponseMessage answer, StreamReader lines) : IDisposable
    {
        public static async Task<Watcher> StartAsync(Uri address, string token, CancellationToken cancellationToken)
        {
            HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            HttpResponseMessage answer = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            answer.EnsureSuccessStatusCode();
            return new Watcher(http, answer, new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken)));
        }

        /// <summary>The first line from now on that has the mark.</summary>
        /// <exception cref="BenchException">The watch has ended.</exception>
        public async Task<string> UntilAsync(string mark, CancellationToken cancellationToken)
        {
            while (await lines.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Contains(mark, StringComparison.Ordinal))
                {
                    return line;
                }
            }

            throw new BenchException("a watch ended that kept up");
        }

        public void Dispose()
        {
            lines.Dispose();
            answer.Dispose();
            http.Dispose();
        }
    }
}
