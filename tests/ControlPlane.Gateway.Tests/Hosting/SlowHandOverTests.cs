using System.Net;
using System.Net.Sockets;
using ControlPlane.Gateway.Hosting;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Names;
using ControlPlane.Infrastructure.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Gateway.Tests.Hosting;

/// <summary>Of a gateway and a successor that takes too long, one serves on, and both know which.</summary>
public sealed class SlowHandOverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Shorter than a successor takes here.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Successor_WithoutRoutesForLongerThanIsWaitedFor_TakesOverAtItsSecondAttempt()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync(options => options with { HandOverPatience = Short, TablePatience = Patience });
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        using CancellationTokenSource enough = new();
        Load fresh = new(world.Url, closes: true);
        Task running = fresh.RunAsync(enough.Token);
        world.ControlPlane.IsSilent = true;
        File.Delete(world.TableFile);
        Directory.CreateDirectory(world.TableFile);

        WebApplication old = world.Gateway;
        WebApplication successor = await world.StartGatewayAsync();
        await Task.Delay(Short * 2);
        Assert.False(old.Lifetime.ApplicationStopping.IsCancellationRequested);
        world.Publish(Domain.Routing.RouteProtocol.Http, a.Ready);
        await old.WaitForShutdownAsync().WaitAsync(Patience);

        int before = fresh.Requests;
        await Eventually.TrueAsync(() => fresh.Requests > before + 20, "the successor serves");
        Assert.False(successor.Services.GetRequiredService<HandOver>().HasGivenUp);
        await enough.CancelAsync();
        await running;
        Assert.Equal(0, fresh.Failures);
    }

    [Fact]
    public async Task Successor_ThatSaysSoTooLate_IsNotBelieved_AndTheNextTakesOver()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync(options => options with { HandOverPatience = Short });
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        WebApplication old = world.Gateway;

        using Socket channel = await ConnectAsync(world);
        while (Descriptors.Receive(channel, Patience) is { Descriptor: { } passed })
        {
            passed.Dispose();
        }

        // It closes the channel, and keeps the charge.
        Assert.Equal("", Descriptors.Receive(channel, Patience).Text);
        Assert.Throws<SocketException>(() => Descriptors.Send(channel, HandOverChannel.Accepting, descriptor: null));
        using Charge late = new(world.Options, NullLogger<Charge>.Instance);
        Assert.False(late.TryTake());
        Assert.Equal("a", await world.GetAsync());

        await world.StartGatewayAsync();
        await old.WaitForShutdownAsync().WaitAsync(Patience);
        Assert.Equal("a", await world.GetAsync());
    }

    [Fact]
    public async Task Successor_OfOneThatServesOn_GivesUp_AndTheSocketsGoOnAccepting()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await world.Gateway.StopAsync();
        using Predecessor predecessor = new(world, diesAfterPassing: false);

        WebApplication successor = await world.StartGatewayAsync();
        await successor.WaitForShutdownAsync().WaitAsync(Patience);

        Assert.True(successor.Services.GetRequiredService<HandOver>().HasGivenUp);
        Assert.True(predecessor.Passed > 1, "the successor tried again");
        using TcpClient client = new();
        Task<Socket> accepted = predecessor.Listening.AcceptAsync();
        await client.ConnectAsync(IPAddress.Loopback, world.NodePort);
        using Socket served = await accepted.WaitAsync(Patience);
        Assert.True(served.Connected);
    }

    [Fact]
    public async Task Successor_OfOneThatDiesBeforeItHears_IsInCharge()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await world.Gateway.StopAsync();
        using Predecessor predecessor = new(world, diesAfterPassing: true);

        WebApplication successor = await world.StartGatewayAsync();

        Assert.Equal("a", await world.GetAsync());
        Assert.Equal(1, predecessor.Passed);
        using Charge other = new(world.Options, NullLogger<Charge>.Instance);
        await Eventually.TrueAsync(() => IsTakenFrom(other), "the successor has the charge");
        Assert.False(successor.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Start_BesideOneThatDoesNotHandOver_IsRefused()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync(options => options with { HandOverPatience = Short });
        await world.Gateway.StopAsync();
        using Charge other = new(world.Options, NullLogger<Charge>.Instance);
        Assert.True(other.TryTake());

        IOException refused = await Assert.ThrowsAsync<IOException>(() => world.StartGatewayAsync());

        Assert.Contains(world.Options.DataFolder, refused.Message, StringComparison.Ordinal);
        other.GiveUp();
        await world.StartGatewayAsync();
    }

    [Fact]
    public async Task Names_AreHandedOverBesideTheOtherSockets()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync(options => options with { HandOverPatience = Short });
        IPEndPoint at = new(IPAddress.Loopback, FreePort.Find(IPAddress.Loopback));
        NameSockets names = world.Gateway.Services.GetRequiredService<NameSockets>();
        (Socket Udp, Socket Tcp) open = names.Open(at);
        using Socket channel = await ConnectAsync(world);

        List<(SocketType, EndPoint?)> passed = [];
        while (Descriptors.Receive(channel, Patience) is { Descriptor: { } descriptor } message)
        {
            using Socket socket = new(descriptor);
            if (message.Text == HandOverChannel.Names)
            {
                passed.Add((socket.SocketType, socket.LocalEndPoint));
            }
        }

        Assert.Equal([(SocketType.Stream, at), (SocketType.Dgram, at)], passed);
        names.Close(open);
    }

    /// <summary>As a successor does, once the gateway waits for one.</summary>
    private static async Task<Socket> ConnectAsync(GatewayWorld world)
    {
        string path = HandOverChannel.PathIn(world.Options.DataFolder);
        await Eventually.TrueAsync(() => File.Exists(path), "the gateway waits for successors");
        Socket channel = HandOverChannel.New();
        channel.Connect(new UnixDomainSocketEndPoint(path));
        return channel;
    }

    private static bool IsTakenFrom(Charge charge)
    {
        bool isFree = charge.TryTake();
        charge.GiveUp();
        return !isFree;
    }

    /// <summary>A gateway in charge that passes one listening socket to whoever comes, and hears no answer.</summary>
    private sealed class Predecessor : IDisposable
    {
        private readonly Charge charge;
        private readonly Socket channel = HandOverChannel.New();
        private readonly Task passing;
        private int passed;

        public Predecessor(GatewayWorld world, bool diesAfterPassing)
        {
            charge = new Charge(world.Options, NullLogger<Charge>.Instance);
            Assert.True(charge.TryTake());
            Listening.Bind(new IPEndPoint(IPAddress.Loopback, world.NodePort));
            Listening.Listen();
            string path = HandOverChannel.PathIn(world.Options.DataFolder);
            File.Delete(path);
            channel.Bind(new UnixDomainSocketEndPoint(path));
            channel.Listen(1);
            passing = PassAsync(diesAfterPassing);
        }

        public Socket Listening { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public int Passed => Volatile.Read(ref passed);

        public void Dispose()
        {
            channel.Dispose();
            charge.Dispose();
            Listening.Dispose();
            Assert.True(passing.Wait(Patience));
        }

        private async Task PassAsync(bool diesAfterPassing)
        {
            try
            {
                do
                {
                    using Socket successor = await channel.AcceptAsync();
                    Descriptors.Send(successor, "tcp", Listening.SafeHandle);
                    Interlocked.Increment(ref passed);
                    Descriptors.Send(successor, HandOverChannel.End, descriptor: null);
                }
                while (!diesAfterPassing);
                channel.Dispose();
                Listening.Dispose();
                charge.GiveUp();
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
