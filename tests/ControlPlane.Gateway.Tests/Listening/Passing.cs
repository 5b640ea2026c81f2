using System.Net.Sockets;
using ControlPlane.Gateway.Listening;
using ControlPlane.Testing;

namespace ControlPlane.Gateway.Tests.Listening;

/// <summary>Gives a socket a second descriptor, as one gateway gives it to another.</summary>
internal sealed class Passing : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new("passing");
    private readonly Socket sender = New();
    private readonly Socket receiver;

    public Passing()
    {
        UnixDomainSocketEndPoint at = new(Path.Combine(folder.Path, "channel.sock"));
        using Socket listener = New();
        listener.Bind(at);
        listener.Listen(1);
        sender.Connect(at);
        receiver = listener.Accept();
    }

    public Socket Pass(Socket socket)
    {
        Descriptors.Send(sender, "socket", socket.SafeHandle);
        return new Socket(Descriptors.Receive(receiver, Patience).Descriptor!);
    }

    public void Dispose()
    {
        sender.Dispose();
        receiver.Dispose();
        folder.Dispose();
    }

    private static Socket New() => new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
}
