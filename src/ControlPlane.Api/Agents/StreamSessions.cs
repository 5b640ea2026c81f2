using System.Net.WebSockets;

namespace ControlPlane.Api.Agents;

/// <summary>What the sessions between clients and agents have in common: when they are idle, and how they end.</summary>
internal static class StreamSessions
{
    /// <summary>A session in which nothing happens for so long is ended (the kubelet's streamingConnectionIdleTimeout).</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromHours(4);

    public static readonly TimeSpan IdleCheckInterval = TimeSpan.FromMinutes(1);

    /// <summary>Whether a failure only says that either side has gone, or that the session was ended.</summary>
    public static bool IsEnd(Exception failure) => failure is IOException or WebSocketException or OperationCanceledException or ObjectDisposedException;

    /// <summary>Waits for a part of a session that is over.</summary>
    public static async Task EndedAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception end) when (IsEnd(end))
        {
            // There is nobody left to be told.
            return;
        }
    }
}
