using System.IO.Pipelines;
using System.Text;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Domain.Tests.Agents.Streams;

/// <summary>The two ends of a stream, over a transport in memory that holds little.</summary>
public sealed class StreamConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    /// <summary>The transport's own room is far smaller than a channel's.</summary>
    private readonly Pipe toAgent = new(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
    private readonly Pipe toReplica = new(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
    private StreamConnection[] ends = [];

    private StreamConnection Replica => ends[0];

    private StreamConnection Agent => ends[1];

    public Task InitializeAsync()
    {
        ends = [new StreamConnection(new Ends(toReplica.Reader, toAgent.Writer)), new StreamConnection(new Ends(toAgent.Reader, toReplica.Writer))];
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Replica.DisposeAsync();
        await Agent.DisposeAsync();
    }

    [Fact]
    public async Task Channels_CarryTheirOwnBytes_InBothDirections()
    {
        await Replica[StreamChannels.Stdin].WriteAsync("in"u8.ToArray());
        await Agent[StreamChannels.Stdout].WriteAsync("out"u8.ToArray());
        await Agent[StreamChannels.Stderr].WriteAsync("err"u8.ToArray());

        Assert.Equal("in", await ReadAsync(Agent[StreamChannels.Stdin], 2));
        Assert.Equal("err", await ReadAsync(Replica[StreamChannels.Stderr], 3));
        Assert.Equal("out", await ReadAsync(Replica[StreamChannels.Stdout], 3));
    }

    [Fact]
    public async Task Channel_EndedByOneSide_IsReadToItsEnd_AndGoesOnInTheOtherDirection()
    {
        await Replica[StreamChannels.Data].WriteAsync("question"u8.ToArray());
        await Replica[StreamChannels.Data].EndAsync();
        await Replica[StreamChannels.Data].EndAsync();

        using StreamReader question = new(Agent[StreamChannels.Data], leaveOpen: true);
        Assert.Equal("question", await question.ReadToEndAsync().WaitAsync(Within));
        await Agent[StreamChannels.Data].WriteAsync("answer"u8.ToArray());
        Assert.Equal("answer", await ReadAsync(Replica[StreamChannels.Data], 6));
        await Assert.ThrowsAsync<IOException>(async () => await Replica[StreamChannels.Data].WriteAsync("more"u8.ToArray()));
    }

    [Fact]
    public async Task LargeTransfer_ComesWholeAndInOrder()
    {
        byte[] sent = [.. Enumerable.Range(0, 5 * ReceiveWindow.Bytes).Select(i => (byte)(i * 31 / 7))];
        Task sending = SendAsync();
        using MemoryStream received = new();
        await Replica[StreamChannels.Stdout].CopyToAsync(received).WaitAsync(Within);
        await sending.WaitAsync(Within);
        Assert.Equal(sent, received.ToArray());

        async Task SendAsync()
        {
            await Agent[StreamChannels.Stdout].WriteAsync(sent);
            await Agent[StreamChannels.Stdout].EndAsync();
        }
    }

    [Fact]
    public async Task Channel_ThatIsNotRead_StopsItsSender_AndNoOtherChannel()
    {
        int sent = 0;
        Task stuck = SendAsync();
        await UntilAsync(() => sent >= ReceiveWindow.Bytes);

        await Replica[StreamChannels.Resize].WriteAsync("size"u8.ToArray());
        Assert.Equal("size", await ReadAsync(Agent[StreamChannels.Resize], 4));
        Assert.False(stuck.IsCompleted);
        Assert.Equal(ReceiveWindow.Bytes, sent);

        await ReadAsync(Agent[StreamChannels.Stdin], 2 * ReceiveWindow.Bytes);
        await stuck.WaitAsync(Within);

        async Task SendAsync()
        {
            for (; sent < 2 * ReceiveWindow.Bytes; sent += 1024)
            {
                await Replica[StreamChannels.Stdin].WriteAsync(new byte[1024]);
            }
        }
    }

    [Fact]
    public async Task WaitingForRoom_CanBeCancelled_AndTheConnectionGoesOn()
    {
        using CancellationTokenSource cancel = new();
        Task stuck = Replica[StreamChannels.Stdin].WriteAsync(new byte[2 * ReceiveWindow.Bytes], cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stuck);
        await Replica[StreamChannels.Resize].WriteAsync("size"u8.ToArray());
        Assert.Equal("size", await ReadAsync(Agent[StreamChannels.Resize], 4));
    }

    [Fact]
    public async Task Closing_IsNoticedByTheOtherSide_WhereverItWaits()
    {
        await Replica[StreamChannels.Error].WriteAsync("last"u8.ToArray());
        Task writing = Agent[StreamChannels.Stdout].WriteAsync(new byte[2 * ReceiveWindow.Bytes]).AsTask();
        Task reading = ReadAsync(Agent[StreamChannels.Stdin], 1);

        await Replica.DisposeAsync();

        await Agent.Closed.WaitAsync(Within);
        await Assert.ThrowsAsync<IOException>(() => writing.WaitAsync(Within));
        await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(Within));
        Assert.Equal("last", await ReadAsync(Agent[StreamChannels.Error], 4));
        await Assert.ThrowsAsync<IOException>(async () => await Agent[StreamChannels.Stdout].WriteAsync(new byte[1]));
    }

    [Theory]
    [InlineData("09000000")]
    [InlineData("00090001")]
    [InlineData("02000004FFFFFFFF")]
    [InlineData("0100000000000001AA")]
    [InlineData("0000")]
    public async Task Frames_ThatNobodySends_BreakTheConnection(string bytes)
    {
        await toReplica.Writer.WriteAsync(Convert.FromHexString(bytes));
        await toReplica.Writer.CompleteAsync();

        await Replica.Closed.WaitAsync(Within);
        await Assert.ThrowsAsync<IOException>(async () => await Replica[StreamChannels.Stdin].WriteAsync(new byte[1]));
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(Replica[StreamChannels.Stdout], 1));
    }

    private static async Task<string> ReadAsync(StreamChannel channel, int count)
    {
        byte[] read = new byte[count];
        await channel.ReadExactlyAsync(read).AsTask().WaitAsync(Within);
        return Encoding.UTF8.GetString(read);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource late = new(Within);
        while (!condition())
        {
            await Task.Delay(10, late.Token);
        }
    }

    /// <summary>One end of the transport.</summary>
    private sealed class Ends(PipeReader reader, PipeWriter writer) : Stream
    {
        private readonly Stream input = reader.AsStream();
        private readonly Stream output = writer.AsStream();

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await writer.CompleteAsync();
            await reader.CompleteAsync();
            await base.DisposeAsync();
        }
    }
}
