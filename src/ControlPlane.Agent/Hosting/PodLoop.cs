using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Hosting;

/// <summary>
/// The one loop that acts: look at what runs and what shall run, decide for each pod, begin the steps, write down what is so. It wakes when
/// something may have changed and every 2 s besides. Steps run beside it, at most one row of them for a container; only this loop touches the entries.
/// </summary>
internal sealed class PodLoop(
    AgentOptions options,
    IContainerRuntime runtime,
    DesiredHolder desired,
    ContainerWorker worker,
    ContainerStopper stopper,
    PodVolumes volumes,
    ProbeManager probes,
    NodeFacts facts,
    NodeBoard board,
    EventBuffer events,
    Signals signals,
    TimeProvider time,
    ILogger<PodLoop> log)
    : BackgroundService
{
    private static readonly TimeSpan Resync = TimeSpan.FromSeconds(2);

    /// <summary>Wakes that come within this time share a pass.</summary>
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(20);

    /// <summary>How soon a starting agent that has not said anything yet looks again.</summary>
    private static readonly TimeSpan Unsettled = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a starting agent may keep silent until it knows its pods' records and the first answers of their probes.</summary>
    private static readonly TimeSpan SilenceAtStart = TimeSpan.FromSeconds(4);

    /// <summary>On exit no pod is given more than this, whatever its grace.</summary>
    private static readonly TimeSpan LongestGraceOnExit = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, PodEntry> entries = new(StringComparer.Ordinal);
    private readonly long startedAt = time.GetTimestamp();
    private bool hasPublished;

    /// <summary>Whether the last pass knew what shall run here, and so has begun the probes.</summary>
    private bool knewRecords;

    /// <summary>Whether what the last pass wrote down rests on answers: records and probes' answers that come while it is under way are the next one's.</summary>
    private bool isSettled;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (PodEntry entry in entries.Values)
        {
            await entry.EndWorkAsync();
        }

        await probes.StopAsync();
        if (options.StopPodsOnExit)
        {
            await StopAllAsync(cancellationToken);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until told to stop. The host starts it on a thread of its own; a simulation on its only one.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        await desired.LoadAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan next = Resync;
            try
            {
                next = await PassAsync(stoppingToken);
                facts.RuntimeAnswers();
            }
            catch (RuntimeUnavailableException exception)
            {
                // Nothing is known, so nothing is concluded: every pod stays as it was last seen.
                log.RuntimeUnavailable(exception.Message);
                facts.RuntimeIsAway(exception.Message);
            }

            Publish();
            if (await signals.Pods.WaitAsync(hasPublished || next < Unsettled ? next : Unsettled, time, stoppingToken))
            {
                await Task.Delay(Coalesce, time, stoppingToken);
            }
        }
    }

    /// <summary>One look at everything; returns when to look again at the latest.</summary>
    private async Task<TimeSpan> PassAsync(CancellationToken cancellationToken)
    {
        // In this order: a step that ends after the list was taken counts as running still, so no decision rests on a list older than a step.
        foreach (PodEntry entry in entries.Values)
        {
            await entry.ReapAsync();
        }

        ILookup<string, ObservedContainer> observed =
            (await runtime.ListAsync(cancellationToken)).ToLookup(container => container.Identity.PodUid, StringComparer.Ordinal);
        bool isRemembered = desired.IsRemembered;
        DesiredState? state = desired.Current;
        isSettled = knewRecords && !probes.HasUnanswered;
        ValueMap<ProbeVerdict> verdicts = probes.Verdicts;
        knewRecords = state is not null;
        Dictionary<string, Pod> records = (state?.Pods ?? default).ToDictionary(pod => pod.Uid, StringComparer.Ordinal);
        foreach (string uid in records.Keys.Union(observed.Select(group => group.Key)).Where(uid => !entries.ContainsKey(uid)).ToList())
        {
            entries.Add(uid, new PodEntry(uid, signals.Pods));
        }

        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset wake = now + Resync;
        foreach (PodEntry entry in entries.Values.ToList())
        {
            entry.Observe(records.GetValueOrDefault(entry.Uid), [.. observed[entry.Uid]], state);
            if (state is not null && entry.Decide(verdicts, state, isRemembered, runtime, options, now) is { } plan)
            {
                Begin(entry, plan, state, cancellationToken);
                wake = plan.RecheckAt < wake ? plan.RecheckAt.Value : wake;
            }

            if (entry.IsForgettable)
            {
                entries.Remove(entry.Uid);
                if (runtime.MountsVolumes)
                {
                    volumes.Leave(entry.Uid, entry.OrderedBy);
                }
            }
        }

        IReadOnlyList<VolumeOwner> keptVolumes = [];
        if (runtime.MountsVolumes && state is not null && !isRemembered)
        {
            keptVolumes = volumes.Sweep(state, entries.Keys);
            volumes.Refresh(state);
        }

        if (state is not null && facts.OtherStoresRun(OtherStores.Of(observed.SelectMany(pod => pod), keptVolumes, state), state.StoreIdentity) is { } warning)
        {
            log.OtherStoresRun(warning);
            events.SayOfNode(options.NodeName, "Warning", StoreConfirmation.Condition, warning);
        }

        await probes.SyncAsync(entries.Values.SelectMany(entry => entry.ProbeTargets(options)));
        return wake - now;
    }

    private void Begin(PodEntry entry, PodPlan plan, DesiredState state, CancellationToken cancellationToken)
    {
        foreach ((string container, Waiting waiting) in entry.NewWaits(plan))
        {
            if (entry.Desired is { } pod && waiting.Reason is "CrashLoopBackOff")
            {
                events.Say(pod, container, "Warning", "BackOff", $"Back-off restarting failed container {container} in pod {pod.Name}_{pod.Namespace}({pod.Uid})");
            }
            else if (entry.Desired is { } unconfigured && waiting.Reason is ContainerConfiguration.ErrorReason)
            {
                events.Say(unconfigured, container, "Warning", "Failed", $"Error: {waiting.Message}");
            }
            else if (entry.Desired is { } held && waiting.PodEvent is { } reason)
            {
                events.Say(held, container: null, "Warning", reason, waiting.Message);
            }
            else if (entry.Desired is { } pulling && waiting.Reason is "ImagePullBackOff")
            {
                string image = pulling.Spec.AllContainers().First(candidate => candidate.Name == container).Image ?? "";
                events.Say(pulling, container, "Normal", "BackOff", $"Back-off pulling image \"{image}\"");
                events.Say(pulling, container, "Warning", "Failed", "Error: ImagePullBackOff");
            }
        }

        foreach (IGrouping<string, PodAction> group in plan.Actions.GroupBy(action => action.Container, StringComparer.Ordinal))
        {
            entry.Begin(group.Key, [.. group], worker, state, cancellationToken);
        }

        entry.BeginAhead(plan.Ahead, worker);
    }

    private void Publish()
    {
        if (!hasPublished && !isSettled && time.GetElapsedTime(startedAt) < SilenceAtStart)
        {
            return;
        }

        hasPublished = true;
        board.Publish(new NodeSnapshot(
            facts.Status,
            facts.Labels,
            [.. entries.Values.OrderBy(entry => entry.Uid, StringComparer.Ordinal).Select(entry => entry.Report).OfType<PodReport>()]));
    }

    private async Task StopAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<ObservedContainer> containers = await runtime.ListAsync(cancellationToken);
            log.StoppingAll(containers.Count);
            await Task.WhenAll(containers.Where(container => !container.Identity.IsSandbox).Select(container => StopAndRemoveAsync(container, cancellationToken)));

            // The sandboxes last, so that what is being stopped keeps its network.
            await Task.WhenAll(containers.Where(container => container.Identity.IsSandbox).Select(sandbox => runtime.RemoveAsync(sandbox.Id, cancellationToken)));
        }
        catch (RuntimeUnavailableException exception)
        {
            log.RuntimeUnavailable(exception.Message);
        }
    }

    private async Task StopAndRemoveAsync(ObservedContainer container, CancellationToken cancellationToken)
    {
        if (container.Phase == ContainerPhase.Running)
        {
            Pod? pod = entries.GetValueOrDefault(container.Identity.PodUid)?.Desired;
            TimeSpan grace = pod is null ? LongestGraceOnExit : PodSync.Grace(pod);
            await stopper.StopAsync(
                pod, container.Identity.Container, container.Id, grace < LongestGraceOnExit ? grace : LongestGraceOnExit, cancellationToken);
        }

        await runtime.RemoveAsync(container.Id, cancellationToken);
    }
}
