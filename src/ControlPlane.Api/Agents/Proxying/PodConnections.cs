using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>Opens connections to a pod's port by way of its node's agent, each a stream of its own.</summary>
internal static class PodConnections
{
    /// <summary>A connection; disposing it ends it on the agent's side, too.</summary>
    /// <exception cref="ApiException">The agent refuses, does not dial, or cannot reach the port.</exception>
    public static async Task<Stream> OpenAsync(StreamBroker broker, StreamDialing dialing, ProxyTarget target, CancellationToken cancellationToken)
    {
        PendingStream stream = broker.Open(target.Pod.Node, target.Pod.RequestFor(target.Port));
        try
        {
            AgentStream source = await dialing.ConnectAsync(stream, cancellationToken);
            await AgentRefusal.ThrowIfRefusedAsync(stream, source, cancellationToken);
            return source.Connection is { } agent
                ? new PodConnection(stream, agent)
                : throw StatusError.InternalError($"the agent of node {target.Pod.Node} sent a log for a connection");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
