using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Hosting;
using ControlPlane.Gateway.Listening;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Gateway.Tests;

/// <summary>What may go wrong between a gateway and its successor, and what is passed on.</summary>
public sealed class HandOverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Successor_NoRoutesOnDiskAndNoControlPlane_GetsThemFromTheOneBefore()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await world.ControlPlane.DisposeAsync();
        File.Delete(world.TableFile);

        WebApplication old = world.Gateway;
        await world.StartGatewayAsync();
        await old.WaitForShutdownAsync().WaitAsync(Patience);

        Assert.Equal("a", await world.GetAsync());
    }

    /// <summary>A folder is where the file should be, so neither can the one before write it nor the successor read it.</summary>
    [Fact]
    public async Task Successor_NoRoutesToBeHad_GivesUpAndTheOneBeforeServesOn()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await world.ControlPlane.DisposeAsync();
        File.Delete(world.TableFile);
        Directory.CreateDirectory(world.TableFile);
        using CancellationTokenSource enough = new();
        Load fresh = new(world.Url, closes: true);
        Task running = fresh.RunAsync(enough.Token);

        WebApplication old = world.Gateway;
        WebApplication successor = await world.StartGatewayAsync();
        await successor.WaitForShutdownAsync().WaitAsync(Patience);

        Assert.True(successor.Services.GetRequiredService<HandOver>().HasGivenUp);
        Assert.False(old.Lifetime.ApplicationStopping.IsCancellationRequested);
        int before = fresh.Requests;
        await Eventually.TrueAsync(() => fresh.Requests > before + 20, "the one before serves on");
        await enough.CancelAsync();
        await running;
        Assert.Equal(0, fresh.Failures);
    }

    [Fact]
    public async Task Successor_DiesInTheMiddle_TheOneBeforeServesOnTakesTablesAndTheNextSuccessor()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        await world.RouteAsync(a.Ready);
        using CancellationTokenSource enough = new();
        Load fresh = new(world.Url, closes: true);
        Task running = fresh.RunAsync(enough.Token);
        WebApplication old = world.Gateway;

        for (int i = 0; i < 3; i++)
        {
            TakeSocketsAndDie(Path.Combine(world.Options.DataFolder, "gateway.sock"));
        }

        int before = fresh.Requests;
        await Eventually.TrueAsync(() => fresh.Requests > before + 20, "the one before serves on");
        Assert.False(old.Lifetime.ApplicationStopping.IsCancellationRequested);
        await world.RouteAsync(b.Ready);
        Assert.Equal("b", await world.GetAsync());

        await world.StartGatewayAsync();
        await old.WaitForShutdownAsync().WaitAsync(Patience);
        Assert.Equal("b", await world.GetAsync());
        await enough.CancelAsync();
        await running;
        Assert.Equal(0, fresh.Failures);
    }

    [Fact]
    public async Task Successor_ClientsThatAreKept_StayWithTheirPods()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        await using Backend c = await Backend.StartAsync("c");
        string[] before = await KeptAsync(world, a, b, c);

        WebApplication old = world.Gateway;
        await world.StartGatewayAsync();
        await old.WaitForShutdownAsync().WaitAsync(Patience);

        Assert.Equal(before, await EachClientAsync(world));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task NextStart_AfterAnOrderlyStop_ClientsThatAreKept_StayWithTheirPods()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        await using Backend c = await Backend.StartAsync("c");
        string[] before = await KeptAsync(world, a, b, c);

        await world.Gateway.StopAsync();
        await world.StartGatewayAsync();

        Assert.Equal(before, await EachClientAsync(world));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(world.Options.DataFolder, "clients.json")));
    }

    /// <summary>The pods of nine clients. By chance alone, all would find their own again once in 19,683 times.</summary>
    private static async Task<string[]> KeptAsync(GatewayWorld world, params Backend[] pods)
    {
        await world.RouteAsync(service => service with { SessionAffinity = SessionAffinity.ClientIP }, [.. pods.Select(pod => pod.Ready)]);
        string[] answers = await EachClientAsync(world);
        Assert.Equal(answers, await EachClientAsync(world));
        return answers;
    }

    /// <summary>What a successor is sent before it says that it accepts, and nothing more.</summary>
    private static void TakeSocketsAndDie(string path)
    {
        using Socket channel = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        channel.Connect(new UnixDomainSocketEndPoint(path));
        int taken = 0;
        for ((string text, SafeSocketHandle? handle) = Descriptors.Receive(channel, Patience); text != "end"; (text, handle) = Descriptors.Receive(channel, Patience))
        {
            using SafeSocketHandle? held = handle;
            taken++;
        }

        Assert.True(taken > 0, "no socket came");
    }

    /// <summary>The pod that answers each of nine clients, 127.0.0.1 to 127.0.0.9.</summary>
    private static async Task<string[]> EachClientAsync(GatewayWorld world)
    {
        List<string> answers = [];
        foreach (int last in Enumerable.Range(1, 9))
        {
            using HttpClient client = new(new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, cancellationToken) =>
                {
                    Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)last]), 0));
                    await socket.ConnectAsync(IPAddress.Loopback, world.NodePort, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            });
            answers.Add(await client.GetStringAsync(world.Url));
        }

        return [.. answers];
    }
}
