namespace ControlPlane.Domain.Routing;

/// <summary>
/// How much of a Service's new requests (of a tcp port: connections) one ReplicaSet gets. The shares of a Service sum to <see cref="Whole"/>; a ReplicaSet that none
/// of them names gets nothing new. A share whose ReplicaSet has no ready endpoint falls to the others in proportion; where none has one, requests go to any ready
/// endpoint at all. A client that is kept to its endpoint (<see cref="SessionAffinity.ClientIP"/>) stays there while its ReplicaSet has a share above 0.
/// </summary>
/// <param name="ReplicaSet">By name, in the Service's namespace.</param>
/// <param name="PerMille">Of every 1,000 requests, exact to one request at each gateway.</param>
public sealed record TrafficShare(string ReplicaSet, int PerMille)
{
    /// <summary>All of a Service's requests, in thousandths.</summary>
    public const int Whole = 1000;
}
