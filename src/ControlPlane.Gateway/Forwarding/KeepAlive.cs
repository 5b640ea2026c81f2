using System.Net.Sockets;

namespace ControlPlane.Gateway.Forwarding;

/// <summary>TCP's own keep-alive, of both sides: an end that vanished without a word is noticed, however quiet its connection.</summary>
internal static class KeepAlive
{
    /// <summary>Noticed after 15 + 3 × 5 s without a sign.</summary>
    private const int AfterSeconds = 15;
    private const int IntervalSeconds = 5;
    private const int Retries = 3;

    /// <exception cref="SocketException">It is closed already.</exception>
    public static void Begin(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, AfterSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, IntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Retries);
    }
}
