using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Domain.Tests.Agents.Streams;

/// <summary>The heads of frames, and the rooms that bound what is under way.</summary>
public sealed class StreamFrameTests
{
    [Theory]
    [InlineData(StreamFrameKind.Data, StreamChannels.Stdin, 1, "00000001")]
    [InlineData(StreamFrameKind.Data, StreamChannels.Data, StreamFrameHead.PayloadBytesMax, "00058000")]
    [InlineData(StreamFrameKind.End, StreamChannels.Stdout, 0, "01010000")]
    [InlineData(StreamFrameKind.Credit, StreamChannels.Error, 4, "02030004")]
    public void Head_IsFourBytes_AndIsReadAsItWasWritten(StreamFrameKind kind, int channel, int length, string bytes)
    {
        StreamFrameHead head = new(kind, channel, length);
        byte[] written = new byte[StreamFrameHead.Bytes];

        head.Write(written);

        Assert.Equal(bytes, Convert.ToHexString(written));
        Assert.Equal(head, StreamFrameHead.Read(written));
    }

    [Theory]
    [InlineData("03000001", "there is no frame of kind 3")]
    [InlineData("00060001", "there is no channel 6")]
    [InlineData("00000000", "a frame Data cannot have 0 bytes")]
    [InlineData("00008001", "a frame Data cannot have 32769 bytes")]
    [InlineData("01000001", "a frame End cannot have 1 bytes")]
    [InlineData("02000003", "a frame Credit cannot have 3 bytes")]
    public void Head_ThatNobodySends_IsRefused(string bytes, string why) =>
        Assert.Equal(why, Assert.Throws<StreamProtocolException>(() => StreamFrameHead.Read(Convert.FromHexString(bytes))).Message);

    [Fact]
    public void ReceiveWindow_HandsOutInOrder_AlsoAroundItsEnd()
    {
        ReceiveWindow window = new();
        byte[] sent = [.. Enumerable.Range(0, 3 * ReceiveWindow.Bytes).Select(i => (byte)(i * 7))];
        List<byte> read = [];
        byte[] buffer = new byte[50_000];
        int granted = ReceiveWindow.Bytes;
        int next = 0;
        while (read.Count < sent.Length)
        {
            int count = Math.Min(Math.Min(30_000, granted), sent.Length - next);
            window.Add(sent.AsSpan(next, count));
            (next, granted) = (next + count, granted - count);
            read.AddRange(buffer.AsSpan(0, window.Take(buffer)).ToArray());
            granted += window.TakeCredit();
        }

        Assert.Equal(sent, read);
    }

    [Fact]
    public void ReceiveWindow_GivesCreditInHalves_ForWhatWasRead()
    {
        ReceiveWindow window = new();
        window.Add(new byte[ReceiveWindow.Bytes]);

        window.Take(new byte[(ReceiveWindow.Bytes / 2) - 1]);
        Assert.Equal(0, window.TakeCredit());
        window.Take(new byte[1]);
        Assert.Equal(ReceiveWindow.Bytes / 2, window.TakeCredit());
        Assert.Equal(0, window.TakeCredit());
    }

    [Fact]
    public void ReceiveWindow_TakesNoMoreThanItHasGivenCreditFor()
    {
        ReceiveWindow window = new();
        window.Add(new byte[ReceiveWindow.Bytes]);
        window.Take(new byte[10]);

        // What was read is no room before its credit is given.
        Assert.Equal(
            "1 bytes came where there was room for 0", Assert.Throws<StreamProtocolException>(() => window.Add(new byte[1])).Message);
    }

    [Fact]
    public void SendWindow_IsUsedUpInFrames_AndFilledByCredit()
    {
        SendWindow window = new();
        int taken = 0;
        while (window.Take(int.MaxValue) is var count and > 0)
        {
            Assert.InRange(count, 1, StreamFrameHead.PayloadBytesMax);
            taken += count;
        }

        Assert.Equal(ReceiveWindow.Bytes, taken);
        window.Add(5);
        Assert.Equal(5, window.Take(100));
    }

    [Fact]
    public void SendWindow_CreditForWhatWasNeverSent_IsRefused()
    {
        SendWindow window = new();
        window.Take(7);

        Assert.Equal("a credit of 8 bytes, of which 7 were sent", Assert.Throws<StreamProtocolException>(() => window.Add(8)).Message);
    }
}
