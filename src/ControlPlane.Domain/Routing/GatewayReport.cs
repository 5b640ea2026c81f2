using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>
/// What a node's gateway says: <c>POST /gateway/v1/nodes/{name}/report</c>, at once when it has applied a table and when a draining endpoint has no request left, else
/// every 3 s as a sign of life. Answered with 204. Every report carries state; lost and repeated ones are harmless.
/// </summary>
public sealed record GatewayReport
{
    /// <summary>Made anew each time a gateway starts. During a hand-over two of a node report, and both count.</summary>
    public required string Instance { get; init; }

    /// <summary>The store whose revision <see cref="Acknowledged"/> is; empty before the first table.</summary>
    public string Store { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// The revision of the table that this gateway acts on: while the table lists any endpoint of a port as ready, no new request or connection can reach one that it does
    /// not. 0 before the first.
    /// </summary>
    public required long Acknowledged { get; init; }

    /// <summary>Counts an instance's reports from 1: one that arrives after a later one is left aside.</summary>
    public long Sequence { get; init; }

    /// <summary>True in the last report of a gateway that ends: nobody waits for it any more.</summary>
    public bool IsLast { get; init; }

    /// <summary>What is still in flight to endpoints that take nothing new. One that is not listed has none.</summary>
    public ValueList<DrainingEndpoint> Draining { get; init; }

    /// <summary>
    /// What was seen of each pod since this instance began; of pods that have left the table only for a minute after the last change. At most
    /// <see cref="TrafficFigures.FiguresMax"/>.
    /// </summary>
    public ValueList<TrafficFigures> Traffic { get; init; }
}

/// <summary>A pod that takes nothing new.</summary>
/// <param name="Pod">The pod's uid.</param>
/// <param name="InFlight">Requests and connections to it that have not ended.</param>
public sealed record DrainingEndpoint(Guid Pod, int InFlight);
