using System.ComponentModel;
using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// The network of the node's pods, as its agent describes it, once the addresses of Services in it are this host's: at once where they are loopback addresses. Looked at again and again: agents make it when
/// they first need it and say so until then, and whoever removes a bridge removes the route with it. Where there is no description (a gateway that has been given a copy of the token, and not the agent's folder), the pods are taken for
/// processes, whose range follows from the node's address: nothing is lost by listening there if they are none.
/// </summary>
internal sealed class NodeNetworks(GatewayOptions options, TimeProvider time, ILogger<NodeNetworks> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private CancellationTokenSource change = new();
    private volatile NodeNetwork? current;
    private string said = "";

    /// <summary>Makes the addresses of Services in it this host's; throws <see cref="Win32Exception"/> where that is not to be had.</summary>
    public Action<NodeNetwork> MakeLocal { get; init; } = LocalRoute.Ensure;

    /// <summary>Null while the network cannot be served.</summary>
    public NodeNetwork? Current => current;

    /// <summary>Is cancelled at the next change of <see cref="Current"/>; to be taken before that is read.</summary>
    public CancellationToken Changed => Volatile.Read(ref change).Token;

    /// <summary>The first look is over when this returns: what listens next has the right addresses.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        change.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(stoppingToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (await ReadAsync(cancellationToken) is not { } described)
        {
            // What was known stays.
            return;
        }

        NodeNetwork? network = described == NodeNetwork.NoneYet ? null : described;
        try
        {
            if (network is { HasBridge: true })
            {
                MakeLocal(network);
            }

            Say("", isNews: network != current, () => SayServed(network));
        }
        catch (Win32Exception exception)
        {
            Say(exception.Message, isNews: false, () => log.CannotServeContainers(described.ServicesRange(), described.Bridge, exception.Message));
            network = null;
        }

        if (network != current)
        {
            current = network;
            CancellationTokenSource over = Interlocked.Exchange(ref change, new CancellationTokenSource());
            await over.CancelAsync();
        }
    }

    /// <summary>A trouble is said once, and its end.</summary>
    private void Say(string trouble, bool isNews, Action say)
    {
        if (trouble != said || isNews)
        {
            said = trouble;
            say();
        }
    }

    private void SayServed(NodeNetwork? network)
    {
        if (network is { HasBridge: true })
        {
            log.ServesContainers(network.Bridge, network.ServicesRange());
        }
        else if (network is not null)
        {
            log.ServesProcesses(network.ServicesRange());
        }
    }

    /// <summary>Null when there is a description that cannot be read.</summary>
    private async Task<NodeNetwork?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return File.Exists(options.NetworkFile)
                ? ResourceJson.Deserialize<NodeNetwork>(await File.ReadAllTextAsync(options.NetworkFile, cancellationToken))
                : NodeNetwork.OfProcesses(options.NodeAddress.ToString());
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            Say(exception.Message, isNews: false, () => log.StateUnreadable(options.NetworkFile, exception.Message));
            return null;
        }
    }
}
