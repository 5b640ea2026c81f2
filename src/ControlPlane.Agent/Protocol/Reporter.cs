using System.Net;
using ControlPlane.Agent.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Protocol;

/// <summary>
/// Tells the control plane what runs here: at once when something changed, and every 3 s as a sign of life. A report whose fate is unknown is
/// repeated as it was, under its number, until it is acknowledged; a server that does not know the session gets everything in a new one.
/// </summary>
internal sealed class Reporter(
    IControlPlane controlPlane,
    NodeBoard board,
    EventBuffer events,
    Signals signals,
    RetryDelay delay,
    Func<Guid> newId,
    TimeProvider time,
    ILogger<Reporter> log)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Changes that come within this time go in one report.</summary>
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, PodReport> acknowledged = new(StringComparer.Ordinal);
    private string session = "";
    private long sequence;
    private NodeStatus? acknowledgedNode;
    private bool sendAll = true;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until told to stop. The host starts it on a thread of its own; a simulation on its only one.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        await board.WaitUntilReadyAsync(stoppingToken);
        NodeReport? pending = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            pending ??= Next(board.Current);
            if (await TrySendAsync(pending, stoppingToken))
            {
                pending = null;
                if (!sendAll && events.IsEmpty && await signals.Report.WaitAsync(Interval, time, stoppingToken))
                {
                    await Task.Delay(Coalesce, time, stoppingToken);
                }
            }
            else
            {
                // A body that was refused is not repeated: the next one is made anew.
                pending = sendAll ? null : pending;
                await Task.Delay(delay.Next(), time, stoppingToken);
            }
        }
    }

    /// <summary>The report that says what the last acknowledged one did not.</summary>
    internal NodeReport Next(NodeSnapshot now)
    {
        bool isFull = sendAll;
        if (sendAll)
        {
            session = newId().ToString("n");
            sequence = 0;
            acknowledged.Clear();
            acknowledgedNode = null;
            sendAll = false;
        }

        return new NodeReport
        {
            SessionId = session,
            Sequence = ++sequence,
            IsFull = isFull,
            Node = now.Node == acknowledgedNode ? null : now.Node,
            NodeLabels = now.Node == acknowledgedNode ? default : now.NodeLabels,
            Pods = [.. now.Pods.Where(pod => !pod.Equals(acknowledged.GetValueOrDefault(pod.Uid)))],
            Events = events.Take().ToValueList(),
        };
    }

    private async Task<bool> TrySendAsync(NodeReport report, CancellationToken cancellationToken)
    {
        try
        {
            ReportReply reply = await controlPlane.ReportAsync(report, cancellationToken);
            delay.Reset();
            Acknowledge(report, reply);
            return true;
        }
        catch (ControlPlaneException exception)
        {
            sendAll = exception.Status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError
                and not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);
            log.ReportFailed(exception.Message);
            return false;
        }
    }

    private void Acknowledge(NodeReport report, ReportReply reply)
    {
        if (reply.SendAll)
        {
            log.SendAll();
            sendAll = true;
            return;
        }

        acknowledgedNode = report.Node ?? acknowledgedNode;
        foreach (PodReport pod in report.Pods)
        {
            acknowledged[pod.Uid] = pod;
        }

        HashSet<string> known = [.. board.Current.Pods.Select(pod => pod.Uid)];
        foreach (string gone in acknowledged.Keys.Where(uid => !known.Contains(uid)).ToList())
        {
            acknowledged.Remove(gone);
        }
    }
}
