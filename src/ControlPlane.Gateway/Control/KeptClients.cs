using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Gateway.Control;

/// <summary>The clients that <c>sessionAffinity: ClientIP</c> keeps to the endpoints of one port of a Service.</summary>
internal sealed record KeptClients
{
    /// <summary>The Service's uid.</summary>
    public required Guid Service { get; init; }

    /// <summary>The port's number and name.</summary>
    public required int Port { get; init; }

    public string? Name { get; init; }

    public ValueList<KeptClient> Clients { get; init; }
}

/// <summary>A client and its endpoint.</summary>
/// <param name="Client">The client's address.</param>
/// <param name="Pod">The pod's uid.</param>
/// <param name="Address">The endpoint's address.</param>
/// <param name="Number">The endpoint's port.</param>
/// <param name="SilentSeconds">How long ago its last request was.</param>
internal sealed record KeptClient(string Client, Guid Pod, string Address, int Number, double SilentSeconds);
