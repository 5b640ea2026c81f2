using System.Net.Sockets;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Names;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Hosting;

/// <summary>
/// The successor's side of <see cref="HandOver"/>: gets the sockets of the gateway in charge, and says that it accepts once it has routes. It is in charge when it has the <see cref="Charge"/>, and by nothing else: the one before
/// gives that up when it has heard in time, and loses it when it dies. Where it does neither it serves on, and this one begins again.
/// </summary>
internal sealed class TakeOver(
    GatewayOptions options, Charge charge, Listeners listeners, NameSockets names, Acknowledged acknowledged, TimeProvider time, ILogger<TakeOver> log) : IDisposable
{
    /// <summary>How often it is tried: a second time finds everything ready, and takes no time.</summary>
    private const int AttemptsMax = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private Socket? predecessor;
    private int inherited;

    /// <summary>Takes the sockets of the gateway in charge; where there is none, this one is.</summary>
    /// <exception cref="IOException">Another gateway is in charge, and does not hand over.</exception>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        while (!await TryInheritAsync(cancellationToken) && !charge.TryTake())
        {
            if (time.GetElapsedTime(begun) >= options.HandOverPatience)
            {
                throw new IOException($"another gateway has {options.DataFolder}, and does not hand over");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>
    /// Tells the gateway before this one that it may stop accepting: once there are routes, without which nothing that has been inherited is accepted on. False when there are none to be had, or the one before serves on.
    /// </summary>
    public async Task<bool> TryCompleteAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; predecessor is not null; attempt++)
        {
            if (!await HasRoutesAsync(cancellationToken))
            {
                log.TakeOverFailed("the routes are neither on disk nor to be had from the control plane");
                return false;
            }

            using Socket channel = predecessor;
            predecessor = null;
            if (await TryTakeChargeAsync(channel, cancellationToken))
            {
                return true;
            }

            log.TakeOverFailed("it serves on, for it had waited long enough");
            if (attempt == AttemptsMax)
            {
                return false;
            }

            channel.Dispose();
            await BeginAsync(cancellationToken);
        }

        return true;
    }

    public void Dispose() => predecessor?.Dispose();

    private async Task<bool> TryInheritAsync(CancellationToken cancellationToken)
    {
        Socket channel = HandOverChannel.New();
        List<(Socket Socket, string Text)> passed = [];
        try
        {
            channel.SendTimeout = (int)options.HandOverPatience.TotalMilliseconds;
            channel.Connect(new UnixDomainSocketEndPoint(HandOverChannel.PathIn(options.DataFolder)));
            Receive(channel, passed);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            passed.ForEach(one => one.Socket.Dispose());
            channel.Dispose();
            if (exception is SocketException { SocketErrorCode: not (SocketError.AddressNotAvailable or SocketError.ConnectionRefused) } && File.Exists(HandOverChannel.PathIn(options.DataFolder)))
            {
                log.TakeOverFailed(exception.Message);
            }

            return false;
        }

        ILookup<bool, Socket> ofNames = passed.ToLookup(one => one.Text == HandOverChannel.Names, one => one.Socket);
        await listeners.InheritAsync(ofNames[false], cancellationToken);
        names.Inherit(ofNames[true]);
        predecessor = channel;
        inherited = ofNames[false].Count();
        log.TookOver(inherited);
        return true;
    }

    /// <exception cref="SocketException">The one before is gone, or says nothing more.</exception>
    private void Receive(Socket channel, List<(Socket Socket, string Text)> passed)
    {
        (string text, SafeSocketHandle? handle) = Descriptors.Receive(channel, options.HandOverPatience);
        for (; handle is not null; (text, handle) = Descriptors.Receive(channel, options.HandOverPatience))
        {
            passed.Add((new Socket(handle), text));
        }

        if (text != HandOverChannel.End)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    private async Task<bool> HasRoutesAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (inherited > 0)
            {
                await acknowledged.First.WaitAsync(options.TablePatience, time, cancellationToken);
            }

            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>False when the one before has closed the channel, and goes on having the charge, or when it does nothing at all.</summary>
    private async Task<bool> TryTakeChargeAsync(Socket channel, CancellationToken cancellationToken)
    {
        try
        {
            Descriptors.Send(channel, HandOverChannel.Accepting, descriptor: null);
        }
        catch (SocketException exception)
        {
            // It has closed the channel: whether it has died or serves on is told by the charge.
            log.TakeOverFailed(exception.Message);
        }

        long begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) < options.HandOverPatience)
        {
            // In this order: the charge is given up before the channel is closed.
            bool isClosed = channel.Poll(TimeSpan.Zero, SelectMode.SelectRead);
            if (charge.TryTake())
            {
                return true;
            }

            if (isClosed)
            {
                return false;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }

        return false;
    }
}
