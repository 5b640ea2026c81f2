using System.ComponentModel;
using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// The network of the node's pods, as its agent describes it, once the addresses of Services in it are this host's: at once where they are loopback addresses. Looked at again and again: agents make it when
/// they first need it, and whoever removes a bridge removes the route with it.
/// </summary>
internal sealed class NodeNetworks(GatewayOptions options, TimeProvider time, ILogger<NodeNetworks> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private CancellationTokenSource change = new();
    private volatile NodeNetwork? current;
    private string said = "";

    /// <summary>Makes the addresses of Services in it this host's; throws <see cref="Win32Exception"/> where that is not to be had.</summary>
    public Action<NodeNetwork> MakeLocal { get; init; } = LocalRoute.Ensure;

    /// <summary>Null while the agent has not said it yet, and while the network cannot be served.</summary>
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
        NodeNetwork? network = await ReadAsync(cancellationToken);
        try
        {
            if (network is { HasBridge: false })
            {
                Say("", () => log.ServesProcesses(network.ServicesRange()));
            }
            else if (network is not null)
            {
                MakeLocal(network);
                Say("", () => log.ServesContainers(network.Bridge, network.ServicesRange()));
            }
        }
        catch (Win32Exception exception)
        {
            Say(exception.Message, () => log.CannotServeContainers(network!.ServicesRange(), network.Bridge, exception.Message));
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
    private void Say(string trouble, Action say)
    {
        if (trouble != said || (trouble.Length == 0 && current is null))
        {
            said = trouble;
            say();
        }
    }

    private async Task<NodeNetwork?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return File.Exists(options.NetworkFile) ? ResourceJson.Deserialize<NodeNetwork>(await File.ReadAllTextAsync(options.NetworkFile, cancellationToken)) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            Say(exception.Message, () => log.StateUnreadable(options.NetworkFile, exception.Message));
            return current;
        }
    }
}
