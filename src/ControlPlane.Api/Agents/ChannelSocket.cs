using System.Net.WebSockets;

namespace ControlPlane.Api.Agents;

/// <summary>A WebSocket that carries channels: each message begins with a byte that names the channel which the rest is of (Kubernetes: <c>channel.k8s.io</c>).</summary>
internal sealed class ChannelSocket(WebSocket socket) : IAsyncDisposable
{
    private const int MessageBytesMax = 32 * 1024;

    private readonly SemaphoreSlim sending = new(1);
    private readonly byte[] message = new byte[1 + MessageBytesMax];

    /// <summary>Hands on what the client sends, piece by piece, with the number of its channel; until the client has gone. Empty pieces are not handed on.</summary>
    public async Task ReceiveAsync(Func<byte, ReadOnlyMemory<byte>, ValueTask> handAsync, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MessageBytesMax];
        byte? channel = null;
        while (await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken) is { MessageType: not WebSocketMessageType.Close } received)
        {
            ReadOnlyMemory<byte> data = buffer.AsMemory(0, received.Count);
            if (channel is null && !data.IsEmpty)
            {
                channel = data.Span[0];
                data = data[1..];
            }

            if (channel is { } known && !data.IsEmpty)
            {
                await handAsync(known, data);
            }

            channel = received.EndOfMessage ? null : channel;
        }
    }

    /// <summary>Sends to a channel, in several messages where it is more than one holds; an empty message where there is nothing.</summary>
    public async Task SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            message[0] = channel;
            do
            {
                ReadOnlyMemory<byte> part = data[..Math.Min(data.Length, MessageBytesMax)];
                part.CopyTo(message.AsMemory(1));
                await socket.SendAsync(message.AsMemory(0, 1 + part.Length), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
                data = data[part.Length..];
            }
            while (!data.IsEmpty);
        }
        finally
        {
            sending.Release();
        }
    }

    /// <summary>Says good-bye, as far as the client still listens.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, cancellationToken);
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        sending.Dispose();
        return ValueTask.CompletedTask;
    }
}
