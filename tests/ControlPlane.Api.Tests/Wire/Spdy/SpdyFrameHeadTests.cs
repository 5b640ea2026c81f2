using ControlPlane.Api.Wire.Spdy;

namespace ControlPlane.Api.Tests.Wire.Spdy;

public sealed class SpdyFrameHeadTests
{
    [Theory]
    [InlineData("8003000101000020", SpdyFrameType.SynStream, 0, 0x01, 0x20)]
    [InlineData("8003000200000009", SpdyFrameType.SynReply, 0, 0x00, 0x09)]
    [InlineData("8003000600000004", SpdyFrameType.Ping, 0, 0x00, 0x04)]
    [InlineData("8003000900000008", SpdyFrameType.WindowUpdate, 0, 0x00, 0x08)]
    [InlineData("0000000301000000", SpdyFrameType.Data, 3, 0x01, 0x00)]
    [InlineData("7FFFFFFF00100000", SpdyFrameType.Data, int.MaxValue, 0x00, 0x100000)]
    internal void Read_of_a_head_gives_what_Write_makes_of_it(string bytes, SpdyFrameType type, int stream, byte flags, int length)
    {
        SpdyFrameHead head = SpdyFrameHead.Read(Convert.FromHexString(bytes));
        byte[] written = new byte[SpdyFrameHead.Bytes];
        head.Write(written);

        Assert.Equal(new SpdyFrameHead(type, stream, flags, length), head);
        Assert.Equal(flags == SpdyFrameHead.Fin, head.IsLast);
        Assert.Equal(bytes, Convert.ToHexString(written));
    }

    [Theory]
    [InlineData("another version", "8002000100000008")]
    [InlineData("a control frame with the number of none", "8003000000000000")]
    [InlineData("a control frame that SPDY/3 has not", "8003000500000000")]
    [InlineData("too long", "0000000100100001")]
    public void Read_of_what_SPDY_does_not_send_is_refused(string what, string bytes)
    {
        Assert.NotEmpty(what);
        Assert.Throws<SpdyProtocolException>(() => SpdyFrameHead.Read(Convert.FromHexString(bytes)));
    }
}
