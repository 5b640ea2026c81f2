using System.Diagnostics;
using System.Net.Http.Headers;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>How fast the API answers from memory, beside a bare Kestrel that answers with the same bytes to the same callers.</summary>
internal static class Reads
{
    private const int Callers = 32;
    private const int Lists = 10;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartAsync(options, cancellationToken);
        await LifeCycle.CreateAsync(rig.Client, options.Pods, cancellationToken);
        Figures figures = new($"reads: {options.Pods} pods, {options.Nodes} hollow nodes, {options.Repeat} times, {Callers} callers in the benchmark's own process");
        string folder = Directory.CreateTempSubdirectory("controlplane-bench-").FullName;
        string one = $"{Client.Deployments}/{LifeCycle.Name}";
        await MeasureAsync(rig, figures, options, folder, "get", one, LoadAsync, cancellationToken);
        await MeasureAsync(rig, figures, options, folder, "list", Client.Pods, ListAsync, cancellationToken);
        Directory.Delete(folder, recursive: true);
        return figures;
    }

    private delegate Task<IReadOnlyList<(string Name, string Unit, double Value)>> Caller(Uri address, string token, CancellationToken cancellationToken);

    private static async Task MeasureAsync(
        Rig rig, Figures figures, BenchOptions options, string folder, string name, string path, Caller call, CancellationToken cancellationToken)
    {
        string file = Path.Combine(folder, name);
        byte[] body = await rig.Client.GetAsync(path, cancellationToken);
        await File.WriteAllBytesAsync(file, body, cancellationToken);
        await using ChildProgram bare = ChildProgram.Start(typeof(Reads).Assembly.Location, ["bare-kestrel", file], file + ".log");
        Uri bareAddress = await AddressOfAsync(bare, cancellationToken);
        await call(rig.Client.Address(path), rig.Client.Token, cancellationToken);
        await call(bareAddress, rig.Client.Token, cancellationToken);
        for (int i = 0; i < options.Repeat; i++)
        {
            var ours = await call(rig.Client.Address(path), rig.Client.Token, cancellationToken);
            var limit = await call(bareAddress, rig.Client.Token, cancellationToken);
            foreach (((string figure, string unit, double value), (_, _, double least)) in ours.Zip(limit))
            {
                figures.Add($"{name} {figure}", unit, value, least, "bare Kestrel, the same bytes");
            }
        }

        figures.Add($"{name} size", "kB", body.Length / 1e3);
    }

    /// <summary>As many requests as <see cref="Callers"/> get answered, each waiting for its answer before it asks again.</summary>
    private static async Task<IReadOnlyList<(string Name, string Unit, double Value)>> LoadAsync(Uri address, string token, CancellationToken cancellationToken)
    {
        using HttpClient http = Http(token);
        List<double>[] latencies = [.. Enumerable.Range(0, Callers).Select(_ => new List<double>())];
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(latencies.Select(async mine =>
        {
            while (Stopwatch.GetElapsedTime(start) < Duration)
            {
                long asked = Stopwatch.GetTimestamp();
                await http.GetByteArrayAsync(address, cancellationToken);
                mine.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        }));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double[] sorted = [.. latencies.SelectMany(mine => mine).Order()];
        return [("rate", "1/s", sorted.Length / seconds), ("p50", "ms", sorted[sorted.Length / 2]), ("p99", "ms", sorted[sorted.Length * 99 / 100])];
    }

    private static async Task<IReadOnlyList<(string Name, string Unit, double Value)>> ListAsync(Uri address, string token, CancellationToken cancellationToken)
    {
        using HttpClient http = Http(token);
        List<double> latencies = [];
        for (int i = 0; i < Lists; i++)
        {
            long asked = Stopwatch.GetTimestamp();
            await http.GetByteArrayAsync(address, cancellationToken);
            latencies.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }

        return [("p50", "ms", latencies.Order().ElementAt(Lists / 2))];
    }

    private static HttpClient Http(string token)
    {
        HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static async Task<Uri> AddressOfAsync(ChildProgram bare, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (File.Exists(bare.LogFile) && File.ReadLines(bare.LogFile).FirstOrDefault() is { } line && Uri.TryCreate(line, UriKind.Absolute, out Uri? address))
            {
                return address;
            }

            if (bare.HasEnded)
            {
                throw new BenchException("the bare web server ended at once");
            }

            await Task.Delay(20, cancellationToken);
        }
    }
}
