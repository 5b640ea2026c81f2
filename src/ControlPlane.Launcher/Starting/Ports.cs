using System.Net;
using System.Net.Sockets;
using ControlPlane.Infrastructure.Network;

namespace ControlPlane.Launcher.Starting;

/// <summary>Finds out about a taken port before anything is started, and picks free ones.</summary>
internal static class Ports
{
    /// <summary>The port to use: the wanted one, or a free one for 0, so that it stays the same over restarts of a child.</summary>
    /// <exception cref="LauncherException">Somebody else listens on it, or this user may not.</exception>
    public static int Claim(int wanted, IPAddress address, string option)
    {
        if (wanted == 0)
        {
            return FreePort.Find(address);
        }

        try
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
            socket.Bind(new IPEndPoint(address, wanted));
            socket.Listen();
            return wanted;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new LauncherException($"port {wanted} is in use by another program; choose another one with {option}", error);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new LauncherException($"this user may not listen on port {wanted}; choose another one with {option}", error);
        }
    }
}
