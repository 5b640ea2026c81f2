using System.Net;
using System.Net.Sockets;
using ControlPlane.Gateway.Listening;
using ControlPlane.Testing;

namespace ControlPlane.Gateway.Tests.Listening;

/// <summary>Sockets that are passed over a Unix socket, here within one process.</summary>
public sealed class DescriptorsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder folder = new("descriptors");
    private readonly Socket sender = NewChannel();
    private readonly Socket receiver;

    public DescriptorsTests()
    {
        UnixDomainSocketEndPoint at = new(Path.Combine(folder.Path, "channel.sock"));
        using Socket listener = NewChannel();
        listener.Bind(at);
        listener.Listen(1);
        sender.Connect(at);
        receiver = listener.Accept();
    }

    [Fact]
    public async Task Receive_AListeningSocket_AcceptsAfterItsFirstHolderHasClosedIt()
    {
        using Socket listening = new(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(1);
        int port = ((IPEndPoint)listening.LocalEndPoint!).Port;

        Descriptors.Send(sender, "tcp", listening.SafeHandle);
        (string text, SafeSocketHandle? passed) = Descriptors.Receive(receiver, Patience);

        Assert.Equal("tcp", text);
        using Socket taken = new(passed!);
        Assert.NotEqual(listening.Handle, taken.Handle);
        listening.Dispose();
        using TcpClient client = new();
        Task<Socket> accepted = taken.AcceptAsync();
        await client.ConnectAsync(IPAddress.Loopback, port);
        using Socket served = await accepted.WaitAsync(Patience);
        Assert.True(served.Connected);
    }

    [Fact]
    public void Receive_MessagesInARow_EachByItself()
    {
        Descriptors.Send(sender, "end", descriptor: null);
        Descriptors.Send(sender, "accepting", descriptor: null);

        Assert.Equal(("end", null), Descriptors.Receive(receiver, Patience));
        Assert.Equal(("accepting", null), Descriptors.Receive(receiver, Patience));
    }

    [Fact]
    public void Receive_NothingComes_SaysSo()
    {
        SocketException late = Assert.Throws<SocketException>(() => Descriptors.Receive(receiver, Short));
        Assert.Equal(SocketError.TimedOut, late.SocketErrorCode);
    }

    [Fact]
    public void Receive_TheOtherSideIsGone_IsAnEmptyText()
    {
        sender.Dispose();

        Assert.Equal(("", null), Descriptors.Receive(receiver, Patience));
    }

    [Fact]
    public void Send_TheOtherSideIsGone_Throws()
    {
        receiver.Dispose();

        Assert.Throws<SocketException>(() => Descriptors.Send(sender, "end", descriptor: null));
    }

    public void Dispose()
    {
        sender.Dispose();
        receiver.Dispose();
        folder.Dispose();
    }

    private static Socket NewChannel() => new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
}
