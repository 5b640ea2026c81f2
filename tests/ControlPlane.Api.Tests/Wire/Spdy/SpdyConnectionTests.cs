using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using ControlPlane.Api.Wire.Spdy;

namespace ControlPlane.Api.Tests.Wire.Spdy;

public sealed class SpdyConnectionTests : IAsyncLifetime, IDisposable
{
    private readonly Channel<SpdyStream> opened = Channel.CreateUnbounded<SpdyStream>();
    private readonly CancellationTokenSource ending = new();
    private SpdyClient client = null!;
    private SpdyConnection server = null!;
    private Task running = null!;

    public async Task InitializeAsync()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        TcpClient connecting = new();
        await connecting.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        Socket accepted = await listener.AcceptSocketAsync();
        client = new SpdyClient(connecting.GetStream());
        server = new SpdyConnection(new NetworkStream(accepted, ownsSocket: true));
        running = server.RunAsync(stream => opened.Writer.TryWrite(stream), ending.Token);
    }

    public async Task DisposeAsync()
    {
        await ending.CancelAsync();
        await Record.ExceptionAsync(() => running.WaitAsync(SpdyClient.Within));
        await server.DisposeAsync();
    }

    public void Dispose()
    {
        client.Dispose();
        ending.Dispose();
    }

    [Fact]
    public async Task Stream_CarriesBytesBothWays_AndEachDirectionEndsForItself()
    {
        int id = await client.OpenAsync(("streamType", "data"), ("port", "80"));
        SpdyStream stream = await OpenedAsync();
        Assert.Equal((id, "data", "80"), (stream.Id, stream.Headers["streamtype"], stream.Headers["port"]));

        await client.DataAsync(id, "ping"u8.ToArray());
        await client.DataAsync(id, "!"u8.ToArray(), isLast: true);
        Assert.Equal("ping!", await TextAsync(stream));
        byte[] large = new byte[SpdyConnection.WriteBytesMax + 1];
        Array.Fill(large, (byte)'x');
        await stream.WriteAsync(large, CancellationToken.None);
        await stream.EndAsync(CancellationToken.None);
        await stream.EndAsync(CancellationToken.None);

        Assert.Equal(new string('x', large.Length), (await client.ReceiveAllAsync(id))[id]);
        await Assert.ThrowsAsync<IOException>(() => stream.WriteAsync(large, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Ping_OfTheClients_IsSentBack_AndWhatNeedsNoAnswerGetsNone()
    {
        await client.ControlAsync(SpdyFrameType.Settings, [0, 0, 0, 0]);
        await client.ControlAsync(SpdyFrameType.WindowUpdate, [0, 0, 0, 1, 0, 0, 16, 0]);
        await client.ControlAsync(SpdyFrameType.Ping, [0, 0, 0, 2]);
        await client.ControlAsync(SpdyFrameType.Ping, [0, 0, 0, 7]);

        (SpdyFrameHead head, byte[] payload) = await client.ReceiveAsync();

        Assert.Equal(SpdyFrameType.Ping, head.Type);
        Assert.Equal([0, 0, 0, 7], payload);
    }

    [Fact]
    public async Task Stream_ThatIsBrokenOff_IsAnErrorToBothItsReaderAndItsWriter_AndToNoOther()
    {
        int id = await client.OpenAsync(("streamType", "data"));
        int other = await client.OpenAsync(("streamType", "data"));
        SpdyStream broken = await OpenedAsync();
        SpdyStream whole = await OpenedAsync();

        await client.ControlAsync(SpdyFrameType.RstStream, [0, 0, 0, (byte)id, 0, 0, 0, 5]);
        await client.DataAsync(id, "late"u8.ToArray());
        await client.DataAsync(other, "on"u8.ToArray(), isLast: true);

        Assert.Equal("on", await TextAsync(whole));
        await Assert.ThrowsAsync<IOException>(() => TextAsync(broken));
        await Assert.ThrowsAsync<IOException>(() => broken.WriteAsync(new byte[1], CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Stream_ThatNobodyWantsToRead_HoldsUpNoOther()
    {
        int id = await client.OpenAsync(("streamType", "data"));
        int other = await client.OpenAsync(("streamType", "data"));
        await (await OpenedAsync()).Input.CompleteAsync();

        for (int i = 0; i < 5; i++)
        {
            await client.DataAsync(id, new byte[SpdyStream.BufferBytes]);
        }

        await client.DataAsync(other, "on"u8.ToArray(), isLast: true);
        Assert.Equal("on", await TextAsync(await OpenedAsync()));
    }

    [Fact]
    public async Task Streams_BeyondTheBound_AreRefused()
    {
        for (int i = 0; i < SpdyConnection.StreamsMax; i++)
        {
            await client.OpenAsync(("streamType", "data"));
        }

        int id = await client.AskAsync(("streamType", "data"));

        (SpdyFrameHead head, byte[] payload) = await client.ReceiveAsync();
        Assert.Equal((SpdyFrameType.RstStream, id, 3), (head.Type, BinaryPrimitives.ReadInt32BigEndian(payload), BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4))));
    }

    [Theory]
    [InlineData("another version", "8002000100000000")]
    [InlineData("no id", "8003000100000000")]
    [InlineData("an even id", "800300010000000A00000002000000000000")]
    [InlineData("no headers", "800300010000000A00000001000000000000")]
    [InlineData("a ping without a number", "8003000600000000")]
    [InlineData("a control frame that is too long", "8003000400010000")]
    public async Task Connection_ThatDoesNotKeepToTheProtocol_IsEndedWithAReason(string what, string bytes)
    {
        Assert.NotEmpty(what);
        await client.RawAsync(Convert.FromHexString(bytes));

        (SpdyFrameHead head, byte[] payload) = await client.ReceiveAsync();
        Assert.Equal(SpdyFrameType.GoAway, head.Type);
        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4)));
        await Assert.ThrowsAsync<SpdyProtocolException>(() => running.WaitAsync(SpdyClient.Within));
    }

    [Fact]
    public async Task Client_ThatLeaves_IsLetGoWithItsLastStream()
    {
        int id = await client.OpenAsync(("streamType", "data"));
        SpdyStream stream = await OpenedAsync();
        await client.ControlAsync(SpdyFrameType.GoAway, new byte[8]);
        await stream.WriteAsync("bye"u8.ToArray(), CancellationToken.None);
        await stream.EndAsync(CancellationToken.None);
        Assert.Equal("bye", (await client.ReceiveAllAsync(id))[id]);
        Assert.False(running.IsCompleted);

        await client.DataAsync(id, [], isLast: true);

        await running.WaitAsync(SpdyClient.Within);
    }

    [Fact]
    public async Task Client_ThatHasGone_IsAnErrorToThoseWhoReadItsStreams()
    {
        await client.OpenAsync(("streamType", "data"));
        SpdyStream stream = await OpenedAsync();

        client.Dispose();

        await running.WaitAsync(SpdyClient.Within);
        await Assert.ThrowsAsync<IOException>(() => TextAsync(stream));
    }

    private Task<SpdyStream> OpenedAsync() => opened.Reader.ReadAsync().AsTask().WaitAsync(SpdyClient.Within);

    private static async Task<string> TextAsync(SpdyStream stream)
    {
        using MemoryStream text = new();
        await stream.Input.CopyToAsync(text).WaitAsync(SpdyClient.Within);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
