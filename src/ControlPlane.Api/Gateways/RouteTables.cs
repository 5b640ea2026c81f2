using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Api.Gateways;

/// <summary>
/// The routes of all Services but the API's own, kept from the change feed. A change costs its own Service's routes, once for all gateways, when the next one asks.
/// </summary>
internal sealed partial class RouteTables(IResourceCache cache, TimeProvider time, ILogger<RouteTables> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<ObjectKey, Service> services = [];
    private readonly Dictionary<ObjectKey, EndpointSlice> slices = [];

    /// <summary>The names of the slices of each Service.</summary>
    private readonly Dictionary<ObjectKey, HashSet<string>> slicesOf = [];
    private readonly SortedDictionary<ObjectKey, ServiceRoute> routes = [];

    /// <summary>How far canaries and blue-greens have come, by their own names.</summary>
    private readonly SortedDictionary<ObjectKey, RolloutState> states = [];
    private readonly HashSet<ObjectKey> outdated = [];

    /// <summary>By node; those without any are left out.</summary>
    private readonly SortedDictionary<string, ValueList<string>> replaced = new(StringComparer.Ordinal);
    private string store = "";
    private long revision;
    private byte[]? body;
    private TaskCompletionSource changed = NewSignal();

    /// <summary>The table as it is now.</summary>
    /// <param name="Store">The store it comes from; empty while nothing is known yet.</param>
    /// <param name="Revision">See <see cref="RouteTable.Revision"/>.</param>
    /// <param name="Body">The <see cref="RouteTable"/> as JSON.</param>
    /// <param name="Changed">Completes when it is no longer the newest.</param>
    public sealed record View(string Store, long Revision, ReadOnlyMemory<byte> Body, Task Changed);

    public View Read()
    {
        lock (gate)
        {
            if (body is null)
            {
                Renew();
                body = ResourceJson.SerializeToUtf8Bytes(new RouteTable { Store = store, Revision = revision, Services = routes.Values.ToValueList(), ReplacedStores = Replaced() });
            }

            return new View(store, revision, body, changed.Task);
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

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Begin(ChangeSubscription subscription)
    {
        lock (gate)
        {
            services.Clear();
            slices.Clear();
            slicesOf.Clear();
            routes.Clear();
            outdated.Clear();
            states.Clear();
            replaced.Clear();
            store = subscription.StoreIdentity;
            foreach (Node node in subscription.SnapshotAtStart(ResourceKinds.Node).Objects.Values.Cast<Node>())
            {
                SetReplaced(node.Name, StoreConfirmation.ReplacedOn(node, store));
            }

            foreach (Service service in subscription.SnapshotAtStart(ResourceKinds.Service).Objects.Values.Cast<Service>())
            {
                Put(service);
            }

            foreach (EndpointSlice slice in subscription.SnapshotAtStart(ResourceKinds.EndpointSlice).Objects.Values.Cast<EndpointSlice>())
            {
                Put(slice);
            }

            foreach (RolloutState state in subscription.SnapshotAtStart(ResourceKinds.RolloutState).Objects.Values.Cast<RolloutState>())
            {
                Put(state);
            }

            Advance(subscription.StartRevision);
        }
    }

    private void Apply(ChangeBatch batch)
    {
        lock (gate)
        {
            long reached = revision;
            foreach (Change change in batch.Changes)
            {
                reached = Apply(change) ? change.Revision : reached;
            }

            if (reached != revision)
            {
                Advance(reached);
            }
        }
    }

    /// <summary>True when the change may show in the table.</summary>
    private bool Apply(Change change)
    {
        bool isGone = change.Operation == ChangeOperation.Deleted;
        switch (change.Object)
        {
            case Node node:
                return SetReplaced(node.Name, isGone ? default : StoreConfirmation.ReplacedOn(node, store));
            case Service service when isGone:
                services.Remove(service.Key);
                outdated.Add(service.Key);
                return true;
            case Service service:
                Put(service);
                return true;
            case EndpointSlice slice when isGone:
                Take(slice.Key);
                return true;
            case EndpointSlice slice:
                Put(slice);
                return true;
            case Pod pod when !isGone && change.Previous is Pod before && before.Metadata.Controller?.Uid != pod.Metadata.Controller?.Uid:
                return Outdate(pod);
            case RolloutState state when isGone:
                return Take(state);
            case RolloutState state:
                return Put(state);
            default:
                return false;
        }
    }

    /// <summary>True when requests go elsewhere than before.</summary>
    private bool Put(RolloutState state)
    {
        ValueList<ServiceTraffic> before = states.GetValueOrDefault(state.Key)?.Spec.Traffic ?? default;
        states[state.Key] = state;
        return before != state.Spec.Traffic && Outdate(state, before.Concat(state.Spec.Traffic));
    }

    private bool Take(RolloutState state) => states.Remove(state.Key, out RolloutState? known) && Outdate(state, known.Spec.Traffic);

    private bool Outdate(RolloutState state, IEnumerable<ServiceTraffic> traffic)
    {
        bool isAny = false;
        foreach (ServiceTraffic item in traffic)
        {
            outdated.Add(new ObjectKey(state.Namespace, item.Service));
            isAny = true;
        }

        return isAny;
    }

    /// <summary>Routes say which ReplicaSet a pod is of; its slices do not change when another takes it over. True when a slice lists it.</summary>
    private bool Outdate(Pod pod)
    {
        bool isAny = false;
        foreach (EndpointSlice slice in slices.Values.Where(slice => slice.Namespace == pod.Namespace && slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == pod.Uid)))
        {
            if (ServiceOf(slice) is { } service)
            {
                outdated.Add(service);
                isAny = true;
            }
        }

        return isAny;
    }

    /// <summary>One Service is one Deployment's to divide: of several, the first by the name of its record.</summary>
    private ServiceTraffic? TrafficOf(ObjectKey service) => states.Values
        .Where(state => state.Namespace == service.Namespace)
        .SelectMany(state => state.Spec.Traffic)
        .FirstOrDefault(traffic => traffic.Service == service.Name);

    /// <summary>True when that is news.</summary>
    private bool SetReplaced(string node, ValueList<string> stores)
    {
        if (replaced.GetValueOrDefault(node) == stores)
        {
            return false;
        }

        if (stores.IsEmpty)
        {
            replaced.Remove(node);
        }
        else
        {
            replaced[node] = stores;
        }

        return true;
    }

    private ValueList<ReplacedStores> Replaced() => replaced.Select(entry => new ReplacedStores(entry.Key, entry.Value)).ToValueList();

    private void Put(Service service)
    {
        services[service.Key] = service;
        outdated.Add(service.Key);
    }

    private void Put(EndpointSlice slice)
    {
        Take(slice.Key);
        slices[slice.Key] = slice;
        if (ServiceOf(slice) is { } service)
        {
            if (!slicesOf.TryGetValue(service, out HashSet<string>? names))
            {
                slicesOf[service] = names = new HashSet<string>(StringComparer.Ordinal);
            }

            names.Add(slice.Name);
            outdated.Add(service);
        }
    }

    private void Take(ObjectKey key)
    {
        if (slices.Remove(key, out EndpointSlice? known) && ServiceOf(known) is { } service && slicesOf.TryGetValue(service, out HashSet<string>? names))
        {
            names.Remove(key.Name);
            outdated.Add(service);
            if (names.Count == 0)
            {
                slicesOf.Remove(service);
            }
        }
    }

    private static ObjectKey? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels[EndpointSlice.ServiceNameLabel] is { } name ? new ObjectKey(slice.Namespace, name) : null;

    private void Advance(long to)
    {
        revision = to;
        body = null;
        changed.TrySetResult();
        changed = NewSignal();
    }

    private void Renew()
    {
        foreach (ObjectKey key in outdated)
        {
            if (services.TryGetValue(key, out Service? service) && !ApiService.Is(service))
            {
                IEnumerable<EndpointSlice> listed = slicesOf.GetValueOrDefault(key, []).Select(name => slices[new ObjectKey(key.Namespace, name)]);
                routes[key] = Routes.Of(service, listed, pod => (Pod?)cache.Find(ResourceKinds.Pod, pod), TrafficOf(key));
            }
            else
            {
                routes.Remove(key);
            }
        }

        outdated.Clear();
    }

    [LoggerMessage(1, LogLevel.Warning, "the feed of routes for gateways was interrupted and starts anew: {Reason}")]
    private static partial void LogInterrupted(ILogger logger, string reason);
}
