using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ControlPlane.Bench.Loads;

/// <summary>
/// The simplest client of HTTP/1.1: one connection, one request at a time, <c>GET</c> and <c>POST</c> in turn, for no proxy may send the latter twice, and never the same request twice. (.NET's own sends a request again by itself
/// when a kept connection turns out to be closed, which would hide what is measured here.)
/// </summary>
internal sealed class HttpCaller(IPEndPoint target, bool keepsAlive) : IDisposable
{
    /// <summary>An answer that takes longer counts as lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const string Body = "{\"hello\":\"world\"}";

    private readonly byte[] get = Encoding.ASCII.GetBytes($"GET / {HeadOf(target, keepsAlive)}\r\n");
    private readonly byte[] post = Encoding.ASCII.GetBytes($"POST / {HeadOf(target, keepsAlive)}Content-Length: {Body.Length}\r\n\r\n{Body}");
    private readonly byte[] buffer = new byte[16 * 1024];
    private bool sentGet;
    private Socket? socket;

    /// <summary>Sends one request and reads its answer; null when that is a 200, else what went wrong.</summary>
    public async Task<CallFailure?> CallAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        string step = "connecting";
        try
        {
            if (socket is null)
            {
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(target, late.Token);
                step = "sending on a new connection";
            }
            else
            {
                step = "sending on a kept connection";
            }

            sentGet = !sentGet;
            await socket.SendAsync((sentGet ? get : post).AsMemory(), late.Token);
            step = step.Replace("sending", "reading", StringComparison.Ordinal);
            return await ReadAnswerAsync(socket, late.Token) is { } wrong ? new CallFailure(wrong) : null;
        }
        catch (SocketException failure)
        {
            Close();
            return new CallFailure($"{step}: {failure.SocketErrorCode}", failure.SocketErrorCode == SocketError.ConnectionRefused);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Close();
            return new CallFailure($"{step}: no answer within {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Drops a kept connection that its other end has closed since the last answer, as clients do before they send on it; whether there was one.</summary>
    public bool DropIfClosed()
    {
        // Readable, and nothing to read: the end of the connection, or its reset.
        bool isClosed = socket is not null && socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        if (isClosed)
        {
            Close();
        }

        return isClosed;
    }

    public void Dispose() => Close();

    private static string HeadOf(IPEndPoint target, bool keepsAlive) => $"HTTP/1.1\r\nHost: {target}\r\n{(keepsAlive ? "" : "Connection: close\r\n")}";

    private async Task<string?> ReadAnswerAsync(Socket from, CancellationToken cancellationToken)
    {
        int length = 0;
        while (true)
        {
            int read = await from.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            Answer? answer = Answer.Parse(buffer.AsSpan(0, length));
            if (answer is { } whole)
            {
                if (!keepsAlive || whole.Closes)
                {
                    Close();
                }

                return whole.Status == 200 ? null : $"{whole.Status}: {whole.Body}";
            }

            if (read == 0 || length == buffer.Length)
            {
                Close();
                return length == 0 ? "the connection was closed without an answer" : $"a cut answer of {length} bytes";
            }
        }
    }

    private void Close()
    {
        socket?.Dispose();
        socket = null;
    }

    /// <summary>An answer with its <c>Content-Length</c>.</summary>
    private readonly record struct Answer(int Status, bool Closes, string Body)
    {
        /// <summary>Null while a part is missing.</summary>
        public static Answer? Parse(ReadOnlySpan<byte> bytes)
        {
            int end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return null;
            }

            ReadOnlySpan<byte> head = bytes[..end];
            ReadOnlySpan<byte> body = bytes[(end + 4)..];
            int wanted = LengthOf(head);
            if (body.Length < wanted)
            {
                return null;
            }

            bool closes = head.IndexOf("\r\nConnection: close"u8) >= 0;
            bool isOk = head.StartsWith("HTTP/1.1 200 "u8);
            return new Answer(
                isOk ? 200 : Utf8Parser.TryParse(head[9..], out int status, out _) ? status : 0,
                closes,
                isOk ? "" : Encoding.UTF8.GetString(body[..wanted]).Trim());
        }

        private static int LengthOf(ReadOnlySpan<byte> head)
        {
            ReadOnlySpan<byte> name = "\r\nContent-Length: "u8;
            int at = head.IndexOf(name);
            return at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _) ? length : 0;
        }
    }
}

/// <summary>Why a request was lost.</summary>
/// <param name="Text">For people.</param>
/// <param name="IsRefused">Nobody listened; nothing was sent.</param>
internal sealed record CallFailure(string Text, bool IsRefused = false);
