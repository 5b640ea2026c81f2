using ControlPlane.Api.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Agents;

/// <summary>
/// Which pods are bound to which node, kept from the change feed, so that an agent's wait costs what changes on its node. Only what an
/// agent acts on wakes it: a pod's metadata and spec, its pull secrets and what its variables come from, the Services of its namespace, and the word of a person about its containers of other stores; not
/// the status that it reported itself. A pod that is on its way out and that slices list is told of as running until the reconciler has marked it as drained.
/// </summary>
/// <remarks>So is one that slices listed until a moment ago (see <see cref="FormerEndpoints.Holds"/>).</remarks>
internal sealed partial class NodeAssignments(
    IResourceCache cache, AgentSessions sessions, IOptions<ApiOptions> options, TimeProvider time, ILogger<NodeAssignments> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> nodes = new(StringComparer.Ordinal);

    /// <summary>The uids of the pods of all nodes.</summary>
    private readonly HashSet<string> bound = new(StringComparer.Ordinal);

    /// <summary>The pods that slices list, by uid, with how many do.</summary>
    private readonly ListedPods listed = new();

    private readonly FormerEndpoints former = new(time);

    /// <summary>The uids of pods whose end their node may have been told of: whatever a Service says afterwards, they are not told of as running again.</summary>
    private readonly HashSet<string> told = new(StringComparer.Ordinal);

    /// <summary>The Services that have an address.</summary>
    private readonly Dictionary<ObjectKey, ServiceAddress> services = [];
    private long revision;
    private string storeIdentity = "";
    private ValueList<LostRevisions> lost;
    private TaskCompletionSource progressed = NewSignal();

    /// <summary>One node's pods. Guarded by <see cref="gate"/>.</summary>
    private sealed class Entry
    {
        public Dictionary<string, Pod> Pods { get; } = new(StringComparer.Ordinal);

        /// <summary>See <see cref="DesiredState.ReplacedStores"/>.</summary>
        public ValueList<string> ReplacedStores { get; set; }

        /// <summary>The revision of the last change that the node's agent must know of.</summary>
        public long ChangedAt { get; set; }

        public TaskCompletionSource Changed { get; set; } = NewSignal();
    }

    /// <summary>One node's pods as of a revision.</summary>
    /// <param name="StoreIdentity">The store that all of this comes from.</param>
    /// <param name="Lost">See <see cref="DesiredState.LostRevisions"/>.</param>
    /// <param name="Revision">What this is complete up to; 0 while nothing is known yet.</param>
    /// <param name="ChangedAt">The revision of the last change that the agent must know of.</param>
    /// <param name="Pods">In the order of namespace and name; terminating ones too.</param>
    /// <param name="ReplacedStores">See <see cref="DesiredState.ReplacedStores"/>.</param>
    /// <param name="Changed">Completes at the next such change.</param>
    public sealed record View(
        string StoreIdentity, ValueList<LostRevisions> Lost, long Revision, long ChangedAt, ValueList<Pod> Pods, ValueList<string> ReplacedStores, Task Changed);

    public View Read(string node)
    {
        lock (gate)
        {
            Entry entry = EntryOf(node);
            ValueList<Pod> pods = entry.Pods.Values.Select(AsToldToAgent).OrderBy(pod => pod.Key).ToValueList();
            return new View(storeIdentity, lost, revision, entry.ChangedAt, pods, entry.ReplacedStores, entry.Changed.Task);
        }
    }

    /// <summary>Returns once this is complete up to a revision, or comes from another store than the one whose revision that is (empty: any).</summary>
    public async Task WaitForRevisionAsync(long wanted, string store, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (revision >= wanted || (revision > 0 && store.Length > 0 && store != storeIdentity))
                {
                    return;
                }

                next = progressed.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until told to stop. The host starts it on a thread of its own; a simulation on its only one.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await cache.WaitForLatestAsync(stoppingToken);
                using ChangeSubscription subscription = cache.SubscribeFromNow();
                Begin(subscription);
                while (true)
                {
                    Apply(await subscription.ReadAsync(stoppingToken));
                }
            }
            catch (Exception interrupted) when (interrupted is StoreUnavailableException or RevisionCompactedException)
            {
                LogInterrupted(logger, interrupted.Message);
                await Task.Delay(RetryDelay, time, stoppingToken);
            }
        }
    }

    /// <summary>A pod that gateways may still send requests to is not to be stopped yet.</summary>
    private Pod AsToldToAgent(Pod pod)
    {
        if (!options.Value.DrainsPods || !Draining.IsPending(pod) || told.Contains(pod.Uid))
        {
            return pod;
        }

        if (listed.Contains(pod.Uid) || former.Holds(pod))
        {
            return Draining.AsRunning(pod);
        }

        told.Add(pod.Uid);
        return pod;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Entry EntryOf(string node)
    {
        if (!nodes.TryGetValue(node, out Entry? entry))
        {
            entry = nodes[node] = new Entry();
        }

        return entry;
    }

    private void Begin(ChangeSubscription subscription)
    {
        lock (gate)
        {
            storeIdentity = subscription.StoreIdentity;
            lost = subscription.LostRevisions;
            sessions.BeginAnew();
            foreach (Entry entry in nodes.Values)
            {
                entry.Pods.Clear();
                entry.ReplacedStores = default;
            }

            services.Clear();
            former.Clear();
            told.Clear();
            foreach (Service service in subscription.SnapshotAtStart(ResourceKinds.Service).Objects.Values.Cast<Service>())
            {
                former.Times.Put(service);
                if (ServiceAddress.Of(service) is { } address)
                {
                    services[service.Key] = address;
                }
            }

            bound.Clear();
            listed.Clear();
            foreach (EndpointSlice slice in subscription.SnapshotAtStart(ResourceKinds.EndpointSlice).Objects.Values.Cast<EndpointSlice>())
            {
                listed.Put(slice);
            }

            foreach (Node node in subscription.SnapshotAtStart(ResourceKinds.Node).Objects.Values.Cast<Node>())
            {
                EntryOf(node.Name).ReplacedStores = StoreConfirmation.ReplacedOn(node, storeIdentity);
            }

            foreach (Pod pod in subscription.SnapshotAtStart(ResourceKinds.Pod).Objects.Values.Cast<Pod>())
            {
                if (pod.Spec.NodeName is { Length: > 0 } node)
                {
                    EntryOf(node).Pods[pod.Uid] = pod;
                    bound.Add(pod.Uid);
                }
            }

            foreach (Entry entry in nodes.Values)
            {
                Touch(entry, subscription.StartRevision);
            }

            Progress(subscription.StartRevision);
        }
    }

    private void Apply(ChangeBatch batch)
    {
        lock (gate)
        {
            foreach (Change change in batch.Changes)
            {
                switch (change.Object)
                {
                    case Pod pod:
                        Apply(change, pod);
                        break;
                    case Node node:
                        Apply(change, node);
                        break;
                    case EndpointSlice slice:
                        Apply(change, slice);
                        break;
                    case Service service:
                        Apply(change, service);
                        break;
                    case Secret or ConfigMap:
                        TouchUsersOf(change.Object, change.Revision);
                        break;
                }
            }

            Progress(batch.Revision);
        }
    }

    private void Apply(Change change, Pod pod)
    {
        if (pod.Spec.NodeName is not { Length: > 0 } node)
        {
            return;
        }

        Entry entry = EntryOf(node);
        bool isNews = change.Operation == ChangeOperation.Deleted
            || !entry.Pods.TryGetValue(pod.Uid, out Pod? known)
            || known.Spec != pod.Spec
            || known.Metadata with { ResourceVersion = null, DesiredRevision = 0 } != pod.Metadata with { ResourceVersion = null, DesiredRevision = 0 };
        if (change.Operation == ChangeOperation.Deleted)
        {
            entry.Pods.Remove(pod.Uid);
            bound.Remove(pod.Uid);
            former.Forget(pod.Uid);
            told.Remove(pod.Uid);
        }
        else
        {
            entry.Pods[pod.Uid] = pod;
            bound.Add(pod.Uid);
        }

        if (isNews)
        {
            Touch(entry, change.Revision);
        }
    }

    private void Apply(Change change, Node node)
    {
        Entry entry = EntryOf(node.Name);
        ValueList<string> replaced = change.Operation == ChangeOperation.Deleted ? default : StoreConfirmation.ReplacedOn(node, storeIdentity);
        if (replaced != entry.ReplacedStores)
        {
            entry.ReplacedStores = replaced;
            Touch(entry, change.Revision);
        }
    }

    /// <summary>A pod that a slice lists no longer may have requests in flight still.</summary>
    private void Apply(Change change, EndpointSlice slice)
    {
        foreach (string uid in change.Operation == ChangeOperation.Deleted ? listed.Take(slice.Key) : listed.Put(slice))
        {
            if (bound.Contains(uid))
            {
                former.Left(uid, slice, change.Revision);
            }
        }
    }

    /// <summary>Containers that start from now on are told of it; what runs is not touched.</summary>
    private void Apply(Change change, Service service)
    {
        if (change.Operation == ChangeOperation.Deleted)
        {
            former.Times.Take(service);
        }
        else
        {
            former.Times.Put(service);
        }

        ServiceAddress? address = change.Operation == ChangeOperation.Deleted ? null : ServiceAddress.Of(service);
        ServiceAddress? known = services.GetValueOrDefault(service.Key);
        if (address == known)
        {
            return;
        }

        if (address is null)
        {
            services.Remove(service.Key);
        }
        else
        {
            services[service.Key] = address;
        }

        foreach (Entry entry in nodes.Values.Where(entry => entry.Pods.Values.Any(pod => pod.Namespace == service.Namespace)))
        {
            Touch(entry, change.Revision);
        }
    }

    private void TouchUsersOf(Resource resource, long changedAt)
    {
        foreach (Entry entry in nodes.Values)
        {
            if (entry.Pods.Values.Any(pod => EnvironmentContents.Uses(pod, resource) || (resource is Secret secret && PullsWith(pod, secret))))
            {
                Touch(entry, changedAt);
            }
        }
    }

    private static bool PullsWith(Pod pod, Secret secret) =>
        pod.Namespace == secret.Namespace && pod.Spec.ImagePullSecrets.Any(item => item.Name == secret.Name);

    private static void Touch(Entry entry, long changedAt)
    {
        entry.ChangedAt = changedAt;
        entry.Changed.TrySetResult();
        entry.Changed = NewSignal();
    }

    private void Progress(long to)
    {
        revision = to;
        progressed.TrySetResult();
        progressed = NewSignal();
    }

    [LoggerMessage(1, LogLevel.Warning, "the feed of pods for agents was interrupted and starts anew: {Reason}")]
    private static partial void LogInterrupted(ILogger logger, string reason);
}
