using System.Buffers;
using System.Collections.Immutable;
using System.Net.WebSockets;
using System.Text.Json;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Requests;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire;

/// <summary>Writes a watch to a WebSocket, an event a message: scripts in browsers read no stream as easily (Kubernetes: apiserver, WatchServer.HandleWS).</summary>
internal static class WatchSocket
{
    /// <summary>For what a client sends, which it has no reason to.</summary>
    private const int ReceivedBytesMax = 1024;

    /// <summary>How long a client may take to close its side after the watch has ended.</summary>
    private static readonly TimeSpan CloseMax = TimeSpan.FromSeconds(5);

    /// <param name="ending">Ends the watch; cancelled when the client has gone.</param>
    public static async Task WriteAsync(HttpContext http, WatchSession session, EventWriter events, CancellationTokenSource ending)
    {
        UpgradedConnection.ClientMayBeSilent(http);

        // A browser hangs up unless one of the protocols that it offers is answered; none means anything here.
        WebSocketAcceptContext accept = new() { SubProtocol = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault() };
        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync(accept);
        Task left = EndWhenLeftAsync(socket, ending);
        try
        {
            await SendAsync(socket, session, events, ending.Token, http.RequestAborted);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            // The client has gone or the server stops: the end of a watch is the end of its socket.
        }

        await CloseAsync(socket, left);
    }

    /// <summary>Says good-bye, and gives the client a moment to say it too, without which what was sent last could be lost.</summary>
    private static async Task CloseAsync(WebSocket socket, Task left)
    {
        using CancellationTokenSource bound = new(CloseMax);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, bound.Token);
            }

            await left.WaitAsync(bound.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            // It does not listen any more.
        }

        socket.Abort();
        await left;
    }

    private static async Task SendAsync(WebSocket socket, WatchSession session, EventWriter events, CancellationToken ending, CancellationToken aborted)
    {
        ArrayBufferWriter<byte> message = new();
        await using Utf8JsonWriter json = new(message, new JsonWriterOptions { SkipValidation = true, Encoder = ResourceJson.Options.Encoder });
        await foreach (ImmutableArray<WatchItem> batch in session.ReadAsync(ending))
        {
            foreach (WatchItem item in batch)
            {
                // Between messages: a socket whose send is given up is torn off, and a client that closes it is owed an answer.
                ending.ThrowIfCancellationRequested();
                message.ResetWrittenCount();
                events.Write(message, json, item);
                await socket.SendAsync(message.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, aborted);
            }
        }
    }

    /// <summary>Ends the watch once the client has closed its side; what it sends until then is not looked at.</summary>
    private static async Task EndWhenLeftAsync(WebSocket socket, CancellationTokenSource ending)
    {
        byte[] ignored = new byte[ReceivedBytesMax];
        try
        {
            while ((await socket.ReceiveAsync(ignored.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            // It did not say good-bye, or not in time.
        }

        await ending.CancelAsync();
    }
}
