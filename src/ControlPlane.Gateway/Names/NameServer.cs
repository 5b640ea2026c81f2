using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// Answers the containers of this node, on their bridge, over UDP and TCP: Services' names from the routes that are acted on, all others as the host's resolvers do.
/// A gateway that takes over answers beside the one before it.
/// </summary>
internal sealed class NameServer(NodeNetworks networks, Acknowledged routes, PodAddresses pods, AddressClaims claims, TimeProvider time, ILogger<NameServer> log) : BackgroundService
{
    private const int DnsPort = 53;

    /// <summary>Questions over UDP that are worked on at once; further ones wait in the socket.</summary>
    private const int Datagrams = 64;

    /// <summary>Connections that are served at once.</summary>
    private const int Connections = 16;

    private const int LongestQuestion = 4096;
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may say nothing (RFC 7766: a few seconds).</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    public Upstream Upstream { get; init; } = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(networks.Changed, stoppingToken);
            try
            {
                await (networks.Current is { HasBridge: true } network
                    ? TryServeAsync(network, new IPEndPoint(IPAddress.Parse(network.Address), DnsPort), either.Token)
                    : Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token));
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // The network is another one now.
                continue;
            }
        }
    }

    /// <summary>Serves until it is cancelled.</summary>
    /// <exception cref="SocketException">Somebody else answers there, or this process may not.</exception>
    public async Task ServeAsync(NodeNetwork network, IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using Socket udp = new(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using Socket tcp = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        foreach (Socket socket in (Socket[])[udp, tcp])
        {
            socket.SetRawSocketOption(SolSocket, SoReusePort, [1, 0, 0, 0]);
            socket.Bind(endPoint);
        }

        tcp.Listen();
        log.AnsweringNames(endPoint);
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, Datagrams).Select(_ => AnswerDatagramsAsync(udp, network, cancellationToken)),
            .. Enumerable.Range(0, Connections).Select(_ => AnswerConnectionsAsync(tcp, network, cancellationToken)),
        ]);
    }

    private async Task TryServeAsync(NodeNetwork network, IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            if (claims.Claim([endPoint.Address]).TryGetValue(endPoint.Address, out string? why))
            {
                log.CannotAnswerNames(endPoint, why);
                await Task.Delay(AgainAfter, time, cancellationToken);
                return;
            }

            await ServeAsync(network, endPoint, cancellationToken);
        }
        catch (SocketException exception)
        {
            log.CannotAnswerNames(endPoint, exception.Message);
            await Task.Delay(AgainAfter, time, cancellationToken);
        }
    }

    private async Task AnswerDatagramsAsync(Socket udp, NodeNetwork network, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[LongestQuestion];
        IPEndPoint anyone = new(IPAddress.Any, 0);
        while (true)
        {
            try
            {
                SocketReceiveFromResult asked = await udp.ReceiveFromAsync(buffer, SocketFlags.None, anyone, cancellationToken);
                if (await AnswerAsync(buffer.AsMemory(0, asked.ReceivedBytes), network, overTcp: false, cancellationToken) is { } answer)
                {
                    await udp.SendToAsync(answer, SocketFlags.None, asked.RemoteEndPoint, cancellationToken);
                }
            }
            catch (SocketException exception)
            {
                // Who asked is gone, say; the others are not to wait for it.
                log.NameNotAnswered(exception.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
            }
        }
    }

    private async Task AnswerConnectionsAsync(Socket tcp, NodeNetwork network, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using Socket client = await tcp.AcceptAsync(cancellationToken);
                await AnswerConnectionAsync(client, network, cancellationToken);
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                // It has ended: every connection does.
                await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
            }
        }
    }

    private async Task AnswerConnectionAsync(Socket client, NodeNetwork network, CancellationToken cancellationToken)
    {
        await using NetworkStream stream = new(client);
        while (true)
        {
            using CancellationTokenSource silent = new(Silence, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silent.Token, cancellationToken);
            try
            {
                byte[] question = await Upstream.ReadFramedAsync(stream, either.Token);
                byte[]? answer = await AnswerAsync(question, network, overTcp: true, cancellationToken);
                if (answer is null)
                {
                    return;
                }

                await Upstream.WriteFramedAsync(stream, answer, cancellationToken);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Null for what is no question, which is not answered at all. Many clients take the first of several records, so none is always the first.</summary>
    private async Task<byte[]?> AnswerAsync(ReadOnlyMemory<byte> question, NodeNetwork network, bool overTcp, CancellationToken cancellationToken)
    {
        if (DnsMessage.Read(question) is not { } query)
        {
            return null;
        }

        if (!ServiceNames.Has(query.Name) && await Upstream.AskAsync(question, overTcp, cancellationToken) is { } known)
        {
            return known;
        }

        DnsAnswer answer = ServiceNames.Has(query.Name) ? ServiceNames.Resolve(query, routes.Table, network, pods) : new DnsAnswer(ResponseCode.ServerFailure);
        DnsRecord[] inAnyOrder = [.. answer.Records];
        Random.Shared.Shuffle(inAnyOrder);
        return DnsMessage.Write(query, answer with { Records = inAnyOrder }, overTcp ? ushort.MaxValue : DnsMessage.DatagramBytesMax);
    }
}
