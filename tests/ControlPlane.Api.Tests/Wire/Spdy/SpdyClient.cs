using System.Buffers.Binary;
using System.IO.Compression;
using ControlPlane.Api.Wire.Spdy;

namespace ControlPlane.Api.Tests.Wire.Spdy;

/// <summary>A client's side of SPDY, made by hand: what kubectl sends, and things that it would not.</summary>
internal sealed class SpdyClient : IDisposable
{
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private static readonly byte[] s_zlibHead = [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2];

    private readonly Stream transport;
    private readonly MemoryStream compressed = new();
    private readonly DeflateStream deflater;
    private int lastStream = -1;

    public SpdyClient(Stream transport)
    {
        this.transport = transport;
        deflater = new DeflateStream(compressed, CompressionLevel.Optimal);
        deflater.Write(SpdyDictionary.Bytes.Span);
        deflater.Flush();
    }

    /// <summary>Opens a stream; returns its id, once it was replied to.</summary>
    public async Task<int> OpenAsync(params (string Name, string Value)[] headers)
    {
        int id = await AskAsync(headers);
        (SpdyFrameHead head, byte[] reply) = await ReceiveAsync();
        Assert.Equal((SpdyFrameType.SynReply, id), (head.Type, BinaryPrimitives.ReadInt32BigEndian(reply)));
        return id;
    }

    /// <summary>Asks for a stream.</summary>
    public async Task<int> AskAsync(params (string Name, string Value)[] headers)
    {
        compressed.SetLength(0);
        if (lastStream < 0)
        {
            compressed.Write(s_zlibHead);
        }

        deflater.Write(SpdyHeaders.Write(headers.ToDictionary(header => header.Name, header => header.Value)));
        deflater.Flush();
        lastStream += 2;
        byte[] id = new byte[10];
        BinaryPrimitives.WriteInt32BigEndian(id, lastStream);
        await ControlAsync(SpdyFrameType.SynStream, [.. id, .. compressed.ToArray()]);
        return lastStream;
    }

    public Task ControlAsync(SpdyFrameType type, byte[] payload) => SendAsync(new SpdyFrameHead(type, 0, 0, payload.Length), payload);

    public Task DataAsync(int stream, byte[] data, bool isLast = false) => SendAsync(new SpdyFrameHead(SpdyFrameType.Data, stream, isLast ? SpdyFrameHead.Fin : (byte)0, data.Length), data);

    public async Task RawAsync(byte[] bytes)
    {
        await transport.WriteAsync(bytes);
        await transport.FlushAsync();
    }

    public async Task<(SpdyFrameHead Head, byte[] Payload)> ReceiveAsync()
    {
        byte[] head = new byte[SpdyFrameHead.Bytes];
        await transport.ReadExactlyAsync(head).AsTask().WaitAsync(Within);
        SpdyFrameHead next = SpdyFrameHead.Read(head);
        byte[] payload = new byte[next.Length];
        await transport.ReadExactlyAsync(payload).AsTask().WaitAsync(Within);
        return (next, payload);
    }

    /// <summary>Everything that comes on these streams, until all of them are ended.</summary>
    public async Task<Dictionary<int, string>> ReceiveAllAsync(params int[] streams)
    {
        Dictionary<int, string> texts = streams.ToDictionary(stream => stream, _ => "");
        HashSet<int> open = [.. streams];
        while (open.Count > 0)
        {
            (SpdyFrameHead head, byte[] payload) = await ReceiveAsync();
            Assert.Equal(SpdyFrameType.Data, head.Type);
            texts[head.Stream] += System.Text.Encoding.UTF8.GetString(payload);
            if (head.IsLast)
            {
                open.Remove(head.Stream);
            }
        }

        return texts;
    }

    public void Dispose() => transport.Dispose();

    private async Task SendAsync(SpdyFrameHead head, byte[] payload)
    {
        byte[] frame = new byte[SpdyFrameHead.Bytes + payload.Length];
        head.Write(frame);
        payload.CopyTo(frame, SpdyFrameHead.Bytes);
        await RawAsync(frame);
    }
}
