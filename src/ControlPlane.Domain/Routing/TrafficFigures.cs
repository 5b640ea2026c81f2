using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>
/// What a gateway has seen of one pod behind one Service since its <see cref="GatewayReport.Instance"/> began, or of all those of a ReplicaSet that it tells of no longer one by one. The sums of a ReplicaSet
/// only grow, but for <see cref="InFlight"/>; a new instance starts at 0, so whoever reads them takes differences for each instance by itself.
/// </summary>
public sealed record TrafficFigures
{
    /// <summary>The most of these in one report. A gateway that has more to tell sums up each ReplicaSet's.</summary>
    public const int FiguresMax = 5_000;

    /// <summary>The Service's uid.</summary>
    public required Guid Service { get; init; }

    /// <summary>The ReplicaSet of the pod; empty for a pod of its own.</summary>
    public string ReplicaSet { get; init => field = value ?? ""; } = "";

    /// <summary>The pod's uid; empty for a ReplicaSet's sum, and for what the Service had no endpoint for, which is all failures and no ReplicaSet's.</summary>
    public required Guid Pod { get; init; }

    /// <summary>Requests that have ended, but for those that their clients gave up soon and without an answer; of a tcp port: connections that were made or failed.</summary>
    public long Requests { get; init; }

    /// <summary>
    /// Of <see cref="Requests"/> those that were answered with a 5xx, or a gRPC status that means the same, by the pod, or with a 5xx by the gateway because of the pod: it could not be connected
    /// to, reset the connection, or took so long that the client gave up. Of a tcp port: connections that could not be made.
    /// </summary>
    public long Failures { get; init; }

    /// <summary>Requests and connections that have not ended.</summary>
    public int InFlight { get; init; }

    /// <summary>
    /// How many requests took how long until the answer's headers had come, or the client gave up: one count for each of <see cref="LatencyBounds"/>, and one more for what took longer than
    /// the last. Empty for a tcp port.
    /// </summary>
    public ValueList<long> Latency { get; init; }

    /// <summary>The upper bounds of the buckets of <see cref="Latency"/>, in milliseconds, each inclusive.</summary>
    public static ValueList<int> LatencyBounds { get; } =
        [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 1_500, 2_500, 5_000, 10_000, 20_000, 40_000, 60_000];
}
