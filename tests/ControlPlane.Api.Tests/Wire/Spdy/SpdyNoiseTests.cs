using ControlPlane.Api.Wire.Spdy;

namespace ControlPlane.Api.Tests.Wire.Spdy;

public sealed class SpdyNoiseTests
{
    [Fact]
    public async Task Connection_OfRandomFrames_EndsInOneOfTheKnownWays()
    {
        Random random = new(31);
        for (int i = 0; i < 500; i++)
        {
            byte[] noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            for (int at = 0; at + 8 < noise.Length; at += 8 + noise[at + 7])
            {
                // Heads that are such, so that what follows them is looked at, too.
                byte[] head = [0x80, 0x03, 0x00, (byte)random.Next(11), (byte)random.Next(2), 0x00, 0x00, (byte)random.Next(40)];
                head.CopyTo(noise, at);
            }

            using MemoryStream transport = new();
            transport.Write(noise);
            transport.Position = 0;
            await using SpdyConnection connection = new(new Half(transport));

            Exception? end = await Record.ExceptionAsync(() => connection.RunAsync(_ => { }, CancellationToken.None).WaitAsync(SpdyClient.Within));

            Assert.True(end is null or IOException, $"{Convert.ToHexString(noise)}: {end}");
        }
    }

    /// <summary>Reads what is there; what is written goes nowhere.</summary>
    private sealed class Half(Stream source) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => source.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
