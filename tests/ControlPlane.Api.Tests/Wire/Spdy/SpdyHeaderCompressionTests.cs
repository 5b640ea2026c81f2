using System.IO.Compression;
using ControlPlane.Api.Wire.Spdy;

namespace ControlPlane.Api.Tests.Wire.Spdy;

public sealed class SpdyHeaderCompressionTests
{
    private static readonly byte[] s_zlibHead = [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2];

    [Fact]
    public void Dictionary_is_the_one_whose_checksum_clients_send()
    {
        uint a = 1, b = 0;
        foreach (byte octet in SpdyDictionary.Bytes.Span)
        {
            a = (a + octet) % 65521;
            b = (b + a) % 65521;
        }

        Assert.Equal(1423, SpdyDictionary.Bytes.Length);
        Assert.Equal(SpdyDictionary.Checksum, (b << 16) | a);
    }

    [Fact]
    public void Inflate_of_blocks_that_refer_to_the_dictionary_and_to_each_other_gives_their_headers()
    {
        Dictionary<string, string> first = new() { ["streamtype"] = "error", ["port"] = "80", ["requestid"] = "0", ["content-type"] = "application/xhtml+xml" };
        Dictionary<string, string> second = new() { ["streamtype"] = "data", ["port"] = "80", ["requestid"] = "0", ["content-type"] = "application/xhtml+xml" };
        byte[][] blocks = Compress(SpdyHeaders.Write(first), SpdyHeaders.Write(second));
        using SpdyInflater inflater = new();

        Assert.Equal(first, SpdyHeaders.Read(inflater.Inflate(blocks[0])));
        Assert.Equal(second, SpdyHeaders.Read(inflater.Inflate(blocks[1])));
        Assert.True(blocks[1].Length < 40, $"the second block is no shorter than {blocks[1].Length} bytes, so it refers to nothing");
    }

    [Fact]
    public void Deflate_of_two_blocks_is_one_zlib_stream()
    {
        SpdyDeflater deflater = new();
        byte[] first = deflater.Deflate([1, 2, 3, 4]);
        byte[] stream = [.. first, .. deflater.Deflate([5, 6])];
        using ZLibStream zlib = new(new MemoryStream(stream), CompressionMode.Decompress);
        byte[] headers = new byte[6];

        zlib.ReadExactly(headers);

        Assert.Equal([1, 2, 3, 4, 5, 6], headers);
        Assert.Equal([0, 0, 0, 0xFF, 0xFF], first[^5..]);
    }

    [Fact]
    public void Inflate_of_a_block_that_grows_past_the_bound_is_refused()
    {
        byte[][] blocks = Compress(new byte[SpdyHeaders.BytesMax + 1]);
        using SpdyInflater inflater = new();

        Assert.Throws<SpdyProtocolException>(() => inflater.Inflate(blocks[0]));
    }

    [Theory]
    [InlineData("no bytes", "")]
    [InlineData("another dictionary", "78BB00000000")]
    [InlineData("no dictionary", "7801000000FFFF")]
    [InlineData("a block of a kind that there is not", "78BBE3C6A7C2FF")]
    public void Inflate_of_what_SPDY_does_not_send_is_refused(string what, string bytes)
    {
        using SpdyInflater inflater = new();

        Assert.NotEmpty(what);
        Assert.Throws<SpdyProtocolException>(() => inflater.Inflate(Convert.FromHexString(bytes)));
    }

    [Theory]
    [InlineData("no count", "0000")]
    [InlineData("too many", "FFFFFFFF")]
    [InlineData("a header less than counted", "00000001")]
    [InlineData("a length past the end", "00000001FFFFFFFF61")]
    [InlineData("no name", "000000010000000000000000")]
    [InlineData("a byte more", "0000000000")]
    [InlineData("one twice", "0000000200000001610000000000000001410000000062")]
    public void Read_of_what_is_no_header_block_is_refused(string what, string bytes)
    {
        Assert.NotEmpty(what);
        Assert.Throws<SpdyProtocolException>(() => SpdyHeaders.Read(Convert.FromHexString(bytes)));
    }

    [Fact]
    public void Inflate_of_random_bytes_gives_headers_or_is_refused()
    {
        Random random = new(3);
        for (int i = 0; i < 2_000; i++)
        {
            byte[] noise = new byte[random.Next(64)];
            random.NextBytes(noise);
            using SpdyInflater inflater = new();

            Exception? refusal = Record.Exception(() => SpdyHeaders.Read(inflater.Inflate([.. s_zlibHead, .. noise])));

            Assert.True(refusal is null or SpdyProtocolException, $"{Convert.ToHexString(noise)}: {refusal}");
        }
    }

    /// <summary>As a client compresses: with the dictionary behind it, which .NET's deflater gets by having "sent" it.</summary>
    private static byte[][] Compress(params byte[][] blocks)
    {
        using MemoryStream target = new();
        using DeflateStream deflater = new(target, CompressionLevel.Optimal);
        deflater.Write(SpdyDictionary.Bytes.Span);
        deflater.Flush();
        byte[][] compressed = new byte[blocks.Length][];
        for (int i = 0; i < blocks.Length; i++)
        {
            target.SetLength(0);
            deflater.Write(blocks[i]);
            deflater.Flush();
            compressed[i] = i == 0 ? [.. s_zlibHead, .. target.ToArray()] : target.ToArray();
        }

        return compressed;
    }
}
