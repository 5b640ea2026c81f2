using System.Diagnostics;
using System.Net.Http.Headers;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>How fast the API answers from memory, beside a bare Kestrel that answers with the same bytes to the same callers.</summary>
internal static class ApiReads
{
    private const int Lists = 10;
    private const string Limit = "bare Kestrel, the same bytes";

    /// <summary>As kubectl asks for what it prints.</summary>
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";

    private const string Json = "application/json";

    public static async Task MeasureAsync(Rig rig, Figures figures, int repeat, CancellationToken cancellationToken)
    {
        await MeasureAsync(rig, figures, repeat, "get", $"{Client.Deployments}/{LifeCycle.Name}", Json, LoadAsync, cancellationToken);
        await MeasureAsync(rig, figures, repeat, "list", Client.Pods, Json, ListAsync, cancellationToken);
        await MeasureAsync(rig, figures, repeat, "table", Client.Pods, Table, ListAsync, cancellationToken);
    }

    private delegate Task<IReadOnlyList<(string Name, string Unit, double Value)>> Caller(HttpClient http, Uri address, CancellationToken cancellationToken);

    private static async Task MeasureAsync(
        Rig rig, Figures figures, int repeat, string name, string path, string accept, Caller call, CancellationToken cancellationToken)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", rig.Client.Token);
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        Uri address = rig.Client.Address(path);
        byte[] body = await http.GetByteArrayAsync(address, cancellationToken);
        await using BareServer bare = await BareServer.StartAsync(body, cancellationToken);
        await call(http, address, cancellationToken);
        await call(http, bare.Address, cancellationToken);
        for (int i = 0; i < repeat; i++)
        {
            var ours = await call(http, address, cancellationToken);
            var limit = await call(http, bare.Address, cancellationToken);
            foreach (((string figure, string unit, double value), (_, _, double least)) in ours.Zip(limit))
            {
                figures.Add($"{name} {figure}", unit, value, least, Limit);
            }
        }

        figures.Add($"{name} size", "kB", body.Length / 1e3);
    }

    private static async Task<IReadOnlyList<(string Name, string Unit, double Value)>> LoadAsync(HttpClient http, Uri address, CancellationToken cancellationToken)
    {
        ClosedLoop load = await ClosedLoop.RunAsync(_ => http.GetByteArrayAsync(address, cancellationToken));
        return [("rate", "1/s", load.Rate), ("p50", "ms", load.P50), ("p99", "ms", load.P99)];
    }

    private static async Task<IReadOnlyList<(string Name, string Unit, double Value)>> ListAsync(HttpClient http, Uri address, CancellationToken cancellationToken)
    {
        List<double> latencies = [];
        for (int i = 0; i < Lists; i++)
        {
            long asked = Stopwatch.GetTimestamp();
            await http.GetByteArrayAsync(address, cancellationToken);
            latencies.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }

        return [("p50", "ms", latencies.Order().ElementAt(Lists / 2))];
    }
}
