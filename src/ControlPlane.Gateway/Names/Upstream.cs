using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ControlPlane.Gateway.Names;

/// <summary>Asks the host's own resolvers what is no Service's name, and passes their answers on as they are.</summary>
internal sealed class Upstream(TimeProvider time)
{
    private const int LongestDatagram = 64 * 1024;

    /// <summary>Kubernetes' resolvers wait 5 s for an answer; two of these fit.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where the host's resolvers are listed; read at each question, for hosts change their networks.</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>The resolvers' port: always 53, but for those of tests.</summary>
    public int Port { get; init; } = 53;

    /// <summary>Null when none of them answers.</summary>
    public async Task<byte[]?> AskAsync(ReadOnlyMemory<byte> question, bool overTcp, CancellationToken cancellationToken)
    {
        foreach (IPEndPoint resolver in await ResolversAsync(cancellationToken))
        {
            using CancellationTokenSource late = new(Timeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            try
            {
                return overTcp ? await AskOverTcpAsync(resolver, question, either.Token) : await AskAsync(resolver, question, either.Token);
            }
            catch (Exception exception) when (exception is SocketException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The next one may know.
                continue;
            }
        }

        return null;
    }

    private async Task<IReadOnlyList<IPEndPoint>> ResolversAsync(CancellationToken cancellationToken)
    {
        string[] lines = File.Exists(ResolvConf) ? await File.ReadAllLinesAsync(ResolvConf, cancellationToken) : [];
        return
        [
            .. from line in lines
               let words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
               where words is ["nameserver", _, ..]
               let address = IPAddress.TryParse(words[1], out IPAddress? parsed) ? parsed : null
               where address is not null
               select new IPEndPoint(address, Port),
        ];
    }

    private static async Task<byte[]> AskAsync(IPEndPoint resolver, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        using Socket socket = new(resolver.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(resolver, cancellationToken);
        await socket.SendAsync(question, SocketFlags.None, cancellationToken);
        byte[] answer = new byte[LongestDatagram];
        while (true)
        {
            int length = await socket.ReceiveAsync(answer, SocketFlags.None, cancellationToken);
            if (length > sizeof(ushort) && answer.AsSpan(0, sizeof(ushort)).SequenceEqual(question.Span[..sizeof(ushort)]))
            {
                return answer[..length];
            }
        }
    }

    private static async Task<byte[]> AskOverTcpAsync(IPEndPoint resolver, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        using Socket socket = new(resolver.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(resolver, cancellationToken);
        await using NetworkStream stream = new(socket);
        await WriteFramedAsync(stream, question, cancellationToken);
        return await ReadFramedAsync(stream, cancellationToken);
    }

    /// <summary>A message on a stream has its length before it (RFC 1035, 4.2.2).</summary>
    /// <exception cref="EndOfStreamException">The other side has ended.</exception>
    public static async Task<byte[]> ReadFramedAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] length = new byte[sizeof(ushort)];
        await stream.ReadExactlyAsync(length, cancellationToken);
        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return message;
    }

    public static async Task WriteFramedAsync(Stream stream, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        byte[] framed = new byte[sizeof(ushort) + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(sizeof(ushort)));
        await stream.WriteAsync(framed, cancellationToken);
    }
}
