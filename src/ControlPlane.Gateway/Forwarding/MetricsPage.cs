using System.Globalization;
using System.Net;
using System.Text;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Gateway.Forwarding;

/// <summary>The figures as Prometheus reads them (text format 0.0.4), on a loopback address; the listening socket is handed over like all others.</summary>
internal sealed class MetricsPage
{
    private const string Path = "/metrics";
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly TrafficMeter meter;

    public MetricsPage(GatewayOptions options, TrafficMeter meter, TimeProvider time)
    {
        this.meter = meter;
        Port = new ServicePort("metrics", time, Random.Shared.Next);
        IPAddress address = IPAddress.IsLoopback(options.NodeAddress) ? options.NodeAddress : IPAddress.Loopback;
        Listening = options.MetricsPort == 0 ? [] : [new ListenAddress(new IPEndPoint(address, options.MetricsPort), Port, IsShared: false)];
    }

    /// <summary>Stands for this page among the ports that are listened on.</summary>
    public ServicePort Port { get; }

    public IReadOnlyList<ListenAddress> Listening { get; }

    public async Task WriteAsync(HttpContext context)
    {
        if (context.Request.Path != Path)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = ContentType;
        await context.Response.WriteAsync(Text(meter.Pods()), context.RequestAborted);
    }

    private static string Text(IReadOnlyList<PodTraffic> pods)
    {
        List<(string Labels, PodTraffic Pod, TrafficFigures Figures)> all = [.. pods.OrderBy(pod => pod.Service, StringComparer.Ordinal).ThenBy(pod => pod.Pod, StringComparer.Ordinal).Select(pod => (LabelsOf(pod), pod, pod.Read()))];
        StringBuilder text = new();
        Head(text, "requests_total", "counter", "Requests that have ended, and connections of TCP ports.");
        all.ForEach(pod => Line(text, "requests_total", pod.Labels, pod.Figures.Requests));
        Head(text, "failures_total", "counter", "Of those, the ones that the pod or the way to it failed (5xx, or a gRPC status that means the same).");
        all.ForEach(pod => Line(text, "failures_total", pod.Labels, pod.Figures.Failures));
        Head(text, "in_flight", "gauge", "Requests and connections that have not ended.");
        all.ForEach(pod => Line(text, "in_flight", pod.Labels, pod.Figures.InFlight));
        Head(text, "response_seconds", "histogram", "Time until an answer's headers had come, or the client gave up.");
        all.ForEach(pod => Histogram(text, pod.Labels, pod.Figures.Latency, pod.Pod.LatencySum));
        return text.ToString();
    }

    private static void Histogram(StringBuilder text, string labels, ValueList<long> buckets, TimeSpan sum)
    {
        if (buckets.Count == 0)
        {
            return;
        }

        long count = 0;
        for (int i = 0; i < buckets.Count; i++)
        {
            count += buckets[i];
            string bound = i < TrafficFigures.LatencyBounds.Count ? (TrafficFigures.LatencyBounds[i] / 1e3).ToString(CultureInfo.InvariantCulture) : "+Inf";
            Line(text, "response_seconds_bucket", $"{labels},le=\"{bound}\"", count);
        }

        Line(text, "response_seconds_sum", labels, sum.TotalSeconds);
        Line(text, "response_seconds_count", labels, count);
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP controlplane_gateway_{name} {help}\n# TYPE controlplane_gateway_{name} {type}\n");

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"controlplane_gateway_{name}{{{labels}}} {value}\n");

    /// <summary>Names of objects hold nothing that would have to be escaped.</summary>
    private static string LabelsOf(PodTraffic pod)
    {
        string[] service = pod.Service.Split('/');
        return $"namespace=\"{service[0]}\",service=\"{service[1]}\",replicaset=\"{pod.ReplicaSet}\",pod=\"{pod.Pod}\"";
    }
}
