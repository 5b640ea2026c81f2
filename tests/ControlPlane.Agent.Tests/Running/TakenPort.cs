using System.Net;
using System.Net.Sockets;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>A port of the node's address that somebody else has.</summary>
internal static class TakenPort
{
    /// <summary>Takes it as soon as whoever has it now has let go of it.</summary>
    public static async Task<TcpListener> TakeAsync(int port)
    {
        TcpListener? thief = null;
        await Wait.UntilAsync(() => (thief = TryTake(port)) is not null, () => $"port {port} is still in use");
        return thief!;
    }

    private static TcpListener? TryTake(int port)
    {
        TcpListener thief = new(IPAddress.Parse("127.0.1.1"), port);
        try
        {
            thief.Start();
            return thief;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            thief.Dispose();
            return null;
        }
    }
}
