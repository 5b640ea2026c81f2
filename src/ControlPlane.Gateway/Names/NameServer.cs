using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Hosting;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// Answers the containers of this node, on their bridge, over UDP and TCP: Services' names from the routes that are acted on, all others as the host's resolvers do.
/// A gateway that takes over answers on the sockets of the one before it, which asks for nothing more then, and does not end before it has answered what it has been asked.
/// </summary>
internal sealed class NameServer(
    NodeNetworks networks,
    Acknowledged routes,
    PodAddresses pods,
    NameSockets sockets,
    AddressClaims claims,
    Connections connections,
    DrainState drain,
    TimeProvider time,
    ILogger<NameServer> log) : BackgroundService
{
    private const int DnsPort = 53;

    /// <summary>Questions over UDP that are worked on at once; further ones wait in the socket.</summary>
    private const int Datagrams = 64;

    /// <summary>Connections that are served at once.</summary>
    private const int Streams = 16;

    private const int LongestQuestion = 4096;

    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may say nothing (RFC 7766: a few seconds).</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    public Upstream Upstream { get; init; } = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested && !drain.IsDraining)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(networks.Changed, stoppingToken);
            try
            {
                await (networks.Current is { HasBridge: true } network
                    ? TryServeAsync(network, new IPEndPoint(IPAddress.Parse(network.Address), DnsPort), either.Token)
                    : NothingAsync(either.Token));
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // The network is another one now, or a successor answers.
                continue;
            }
        }
    }

    /// <summary>Serves until it is cancelled, or a successor does.</summary>
    /// <exception cref="SocketException">Somebody else answers there, or this process may not.</exception>
    public async Task ServeAsync(NodeNetwork network, IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using CancellationTokenSource asking = CancellationTokenSource.CreateLinkedTokenSource(drain.Begun, cancellationToken);
        (Socket Udp, Socket Tcp) open = sockets.Open(endPoint);
        try
        {
            log.AnsweringNames(endPoint);
            Task answering = Task.WhenAll(
            [
                .. Enumerable.Range(0, Datagrams).Select(_ => AnswerDatagramsAsync(open.Udp, network, asking.Token, cancellationToken)),
                .. Enumerable.Range(0, Streams).Select(_ => AnswerConnectionsAsync(open.Tcp, network, asking.Token, cancellationToken)),
            ]);
            await using CancellationTokenRegistration handedOver = drain.Begun.Register(() => connections.Add(() => Task.WhenAny(answering)));
            await answering;
        }
        finally
        {
            sockets.Close(open);
        }
    }

    private Task NothingAsync(CancellationToken cancellationToken)
    {
        sockets.CloseInherited();
        return Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
    }

    private async Task TryServeAsync(NodeNetwork network, IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            if (claims.Claim([endPoint.Address]).TryGetValue(endPoint.Address, out string? why))
            {
                sockets.CloseInherited();
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

    /// <param name="udp">Where questions come.</param>
    /// <param name="network">Whose.</param>
    /// <param name="asking">Ends the asking: the last question is answered still.</param>
    /// <param name="cancellationToken">Ends the answering.</param>
    private async Task AnswerDatagramsAsync(Socket udp, NodeNetwork network, CancellationToken asking, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[LongestQuestion];
        IPEndPoint anyone = new(IPAddress.Any, 0);
        while (true)
        {
            try
            {
                SocketReceiveFromResult asked = await udp.ReceiveFromAsync(buffer, SocketFlags.None, anyone, asking);
                if (await AnswerAsync(buffer.AsMemory(0, asked.ReceivedBytes), network, overTcp: false, cancellationToken) is { } answer)
                {
                    await udp.SendToAsync(answer, SocketFlags.None, asked.RemoteEndPoint, cancellationToken);
                }
            }
            catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
            {
                // Who asked is gone, say, or no descriptor is free; the others are not to wait for it.
                log.NameNotAnswered(exception.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
            }
        }
    }

    private async Task AnswerConnectionsAsync(Socket tcp, NodeNetwork network, CancellationToken asking, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using Socket client = await tcp.AcceptAsync(asking);
                await AnswerConnectionAsync(client, network, asking, cancellationToken);
            }
            catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
            {
                // It has ended: every connection does.
                await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
            }
        }
    }

    private async Task AnswerConnectionAsync(Socket client, NodeNetwork network, CancellationToken asking, CancellationToken cancellationToken)
    {
        await using NetworkStream stream = new(client);
        while (true)
        {
            using CancellationTokenSource silent = new(Silence, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silent.Token, asking);
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
