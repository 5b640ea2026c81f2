using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Api.Gateways;

/// <summary>
/// The routes of all Services, kept from the change feed. A change costs its own Service's routes, once for all gateways, when the next one asks.
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
    private readonly HashSet<ObjectKey> outdated = [];
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
                body = ResourceJson.SerializeToUtf8Bytes(new RouteTable { Store = store, Revision = revision, Services = routes.Values.ToValueList() });
            }

            return new View(store, revision, body, changed.Task);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
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
            foreach (Service service in subscription.SnapshotAtStart(ResourceKinds.Service).Objects.Values.Cast<Service>())
            {
                Put(service);
            }

            foreach (EndpointSlice slice in subscription.SnapshotAtStart(ResourceKinds.EndpointSlice).Objects.Values.Cast<EndpointSlice>())
            {
                Put(slice);
            }

            store = subscription.StoreIdentity;
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
                bool isGone = change.Operation == ChangeOperation.Deleted;
                switch (change.Object)
                {
                    case Service service when isGone:
                        services.Remove(service.Key);
                        outdated.Add(service.Key);
                        reached = change.Revision;
                        break;
                    case Service service:
                        Put(service);
                        reached = change.Revision;
                        break;
                    case EndpointSlice slice when isGone:
                        Take(slice.Key);
                        reached = change.Revision;
                        break;
                    case EndpointSlice slice:
                        Put(slice);
                        reached = change.Revision;
                        break;
                }
            }

            if (reached != revision)
            {
                Advance(reached);
            }
        }
    }

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
            if (services.TryGetValue(key, out Service? service))
            {
                IEnumerable<EndpointSlice> listed = slicesOf.GetValueOrDefault(key, []).Select(name => slices[new ObjectKey(key.Namespace, name)]);
                routes[key] = Routes.Of(service, listed, pod => (Pod?)cache.Find(ResourceKinds.Pod, pod));
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
