using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Hosting;

/// <summary>What the pod loop keeps about one pod between passes: the memory that is on no container, and the steps under way.</summary>
internal sealed class PodEntry(string uid, Signal finished)
{
    private readonly Dictionary<string, Work> works = new(StringComparer.Ordinal);

    /// <summary>By image: what was begun to be pulled before its containers' turn.</summary>
    private readonly Dictionary<string, ImageAhead> ahead = new(StringComparer.Ordinal);
    private ValueList<ObservedContainer> containers;
    private ValueMap<ContainerMemory> memory;
    private ValueMap<Waiting> waits;
    private PodStatus? status;
    private string storeIdentity = "";
    private long bornAtRevision;

    public string Uid { get; } = uid;

    public Pod? Desired { get; private set; }

    /// <summary>What to report; null while there is nothing to say.</summary>
    public PodReport? Report { get; private set; }

    /// <summary>True when nothing wants this pod, and nothing is left of it.</summary>
    public bool IsForgettable => Desired is null && containers.IsEmpty && works.Count == 0 && ahead.Values.All(pull => pull.HasEnded);

    /// <summary>Who ordered the last container that was seen of the pod, or else the pod; null while that is not known.</summary>
    public VolumeOwner? OrderedBy => storeIdentity.Length == 0 ? null : new VolumeOwner(storeIdentity, bornAtRevision);

    /// <summary>Takes in what was seen.</summary>
    public void Observe(Pod? record, ValueList<ObservedContainer> seen, DesiredState? state)
    {
        Desired = record;
        containers = seen;
        ContainerIdentity? carried = seen.FirstOrDefault()?.Identity;
        if (carried is not null)
        {
            storeIdentity = carried.StoreIdentity;
            bornAtRevision = carried.BornAtRevision;
        }
        else if (storeIdentity.Length == 0 && state is not null)
        {
            storeIdentity = state.StoreIdentity;
            bornAtRevision = state.Revision;
        }

        foreach (IGrouping<string, ObservedContainer> lives in seen.Where(life => life.Phase != ContainerPhase.Created).GroupBy(life => life.Identity.Container))
        {
            ContainerMemory before = memory[lives.Key] ?? ContainerMemory.None;
            ObservedContainer newest = lives.MaxBy(life => life.Identity.RestartCount)!;
            if (before.LastSeen is null || before.LastSeen.Identity.RestartCount <= newest.Identity.RestartCount)
            {
                // A dead container has no ports any more; its next life shall have those it had.
                bool lostPorts = newest.HostPorts.IsEmpty && newest.Id == before.LastSeen?.Id;
                memory = memory.SetItem(lives.Key, before with { LastSeen = lostPorts ? newest with { HostPorts = before.LastSeen!.HostPorts } : newest });
            }
        }

        Report = ReportOf(carried, isStopped: false);
    }

    /// <summary>Decides, and says the status that goes with the decision.</summary>
    public PodPlan Decide(
        ValueMap<ProbeVerdict> verdicts, DesiredState state, bool isRemembered, IContainerRuntime runtime, AgentOptions options, DateTimeOffset now)
    {
        if (Desired is null or { Metadata.IsDeleting: true })
        {
            // An image is not pulled to the end for a pod that shall go.
            foreach (Work work in works.Values.Where(work => work.Starts))
            {
                work.Cancel();
            }
        }

        if (Desired is null or { Metadata.IsDeleting: true } || PodSync.IsFinished(Desired))
        {
            CallOffAhead();
        }

        PodView view = new()
        {
            Desired = Desired,
            Containers = containers,
            Memory = memory,
            Busy = works.Keys.Order(StringComparer.Ordinal).ToValueList(),
            Probes = verdicts,
            StoreIdentity = state.StoreIdentity,
            Revision = state.Revision,
            IsRemembered = isRemembered,
            ReplacedStores = state.ReplacedStores,
            LostRevisions = state.LostRevisions,
            EnvironmentContents = state.EnvironmentContents,
            RestartPendingSince = RestartDrain.PendingSince(status ?? Desired?.Status),
            SharesNetwork = runtime.SharesNetwork,
            Now = now,
        };
        PodPlan plan = PodSync.Plan(view);

        // What an earlier agent was told may be older than what it has reported: of a pod that may have ended, nothing is said before the record is known.
        if (Desired is not null && !(isRemembered && PodSync.MayEnd(Desired)))
        {
            status = PodStatusBuilder.Build(view, plan, status ?? Desired.Status, runtime.Name, options.NodeAddress.ToString());
        }

        Report = ReportOf(containers.FirstOrDefault()?.Identity, plan.IsStopped);
        return plan;
    }

    /// <summary>The waits that have begun, or have changed their reason, since the last plan.</summary>
    public IReadOnlyList<KeyValuePair<string, Waiting>> NewWaits(PodPlan plan)
    {
        IReadOnlyList<KeyValuePair<string, Waiting>> begun =
            [.. plan.Waiting.Where(wait => waits[wait.Key] is not { } before || before.Reason != wait.Value.Reason || before.PodEvent != wait.Value.PodEvent)];
        waits = plan.Waiting;
        return begun;
    }

    /// <summary>Begins to have the images of containers whose turn comes later, each of them once.</summary>
    public void BeginAhead(ValueList<string> names, ContainerWorker worker)
    {
        if (Desired is not { } pod)
        {
            return;
        }

        foreach (Container container in pod.Spec.AllContainers().Where(container => names.Contains(container.Name)))
        {
            if (!ahead.ContainsKey(container.Image ?? ""))
            {
                ahead.Add(container.Image ?? "", ImageAhead.Begin((pull, token) => worker.PullAheadAsync(pod, container, pull, token)));
            }
        }
    }

    /// <summary>Begins the steps for one container.</summary>
    public void Begin(string container, IReadOnlyList<PodAction> actions, ContainerWorker worker, DesiredState state, CancellationToken cancellationToken)
    {
        CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int failures = memory[container]?.Failure?.Attempts ?? 0;
        Task<WorkResult> running = worker.RunAsync(Desired, actions, start => IdentityOf(start, state), failures, AheadOf(container), cancel.Token);
        works.Add(container, new Work(running, cancel, finished) { Starts = actions.Any(action => action is PodStart) });
    }

    /// <summary>Takes in the results of the steps that have ended.</summary>
    public async Task ReapAsync()
    {
        foreach ((string container, Work work) in works.Where(entry => entry.Value.HasEnded).ToList())
        {
            works.Remove(container);
            WorkResult result = await work.EndAsync();
            ContainerMemory before = memory[container] ?? ContainerMemory.None;
            StartFailure? failure = result.HasStarted ? null : result.Failure ?? before.Failure;
            memory = memory.SetItem(container, before with { Failure = failure });
        }
    }

    /// <summary>Cancels the steps under way and waits for their end.</summary>
    public async Task EndWorkAsync()
    {
        CallOffAhead();
        foreach (Work work in works.Values)
        {
            work.Cancel();
            await work.EndAsync();
        }

        works.Clear();
        foreach (ImageAhead pull in ahead.Values)
        {
            await pull.EndAsync();
        }
    }

    /// <summary>The running containers that have probes. A pod that shall stop is asked for its readiness only.</summary>
    public IEnumerable<ProbeTarget> ProbeTargets(AgentOptions options)
    {
        if (Desired is null)
        {
            yield break;
        }

        foreach (ObservedContainer running in containers.Where(observed => observed.Phase == ContainerPhase.Running))
        {
            Container? container = Desired.Spec.AllContainers().FirstOrDefault(candidate => candidate.Name == running.Identity.Container);
            if (container is not null)
            {
                yield return new ProbeTarget(Desired, container, running, options.NodeAddress.ToString());
            }
        }
    }

    /// <summary>What a container's first start need not pull any more; each further one pulls as its policy says.</summary>
    private ImageAhead? AheadOf(string container) =>
        memory[container] is null or { LastSeen: null, Failure: null } && Desired?.Spec.AllContainers().FirstOrDefault(candidate => candidate.Name == container) is { } first
            ? ahead.GetValueOrDefault(first.Image ?? "")
            : null;

    private void CallOffAhead()
    {
        foreach (ImageAhead pull in ahead.Values)
        {
            pull.Cancel();
        }
    }

    private PodReport? ReportOf(ContainerIdentity? carried, bool isStopped)
    {
        if ((Desired?.Name ?? carried?.PodName ?? Report?.Name) is not { } name)
        {
            return null;
        }

        return new PodReport
        {
            Uid = Uid,
            Namespace = Desired?.Namespace ?? carried?.PodNamespace ?? Report?.Namespace ?? "",
            Name = name,
            StoreIdentity = storeIdentity,
            BornAtRevision = bornAtRevision,
            Status = status,
            IsStopped = isStopped,
        };
    }

    private ContainerIdentity IdentityOf(PodStart start, DesiredState state) => new()
    {
        PodUid = Uid,
        PodNamespace = Desired?.Namespace ?? "",
        PodName = Desired?.Name ?? "",
        Container = start.Container,
        StoreIdentity = state.StoreIdentity,
        BornAtRevision = storeIdentity == state.StoreIdentity ? bornAtRevision : state.Revision,
        RestartCount = start.RestartCount,
        NextBackoff = start.NextBackoff,
    };

    /// <summary>Steps under way.</summary>
    private sealed class Work
    {
        private readonly CancellationTokenSource cancel;
        private readonly Task<WorkResult> running;
        private volatile bool hasEnded;

        public Work(Task<WorkResult> steps, CancellationTokenSource cancel, Signal finished)
        {
            this.cancel = cancel;
            running = RunAsync(steps, finished);
        }

        public required bool Starts { get; init; }

        /// <summary>Set before the loop is woken, so that the wake never finds it unset.</summary>
        public bool HasEnded => hasEnded;

        public void Cancel() => cancel.Cancel();

        public async Task<WorkResult> EndAsync()
        {
            WorkResult result = await running;
            cancel.Dispose();
            return result;
        }

        private async Task<WorkResult> RunAsync(Task<WorkResult> steps, Signal finished)
        {
            try
            {
                return await steps;
            }
            finally
            {
                hasEnded = true;
                finished.Set();
            }
        }
    }
}
