using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Agents;

/// <summary>Answers agents what their nodes shall do, as soon as there is news.</summary>
internal sealed class DesiredStates(
    NodeAssignments assignments, StreamBroker streams, AgentSessions sessions, IResourceCache cache, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>How long an answer is held when there is no news.</summary>
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(20);

    /// <summary>How long a replica that is behind what the agent has seen may take to catch up.</summary>
    private static readonly TimeSpan BehindMax = TimeSpan.FromSeconds(5);

    /// <summary>The node's desired state: at once when it has changed after a revision, or a stream waits; else when it does, or the hold is over.</summary>
    /// <param name="node">The node.</param>
    /// <param name="after">The revision; 0 for at once.</param>
    /// <param name="store">The store whose revision it is; empty for this one. Another store's says nothing here.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<DesiredState> NextAsync(string node, long after, string store, CancellationToken cancellationToken)
    {
        sessions.Heard(node);
        await CatchUpAsync(Math.Max(after, 1), store, cancellationToken);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        long started = time.GetTimestamp();
        while (true)
        {
            NodeAssignments.View view = assignments.Read(node);
            (ValueList<StreamRequest> requests, bool hasNew, Task opened) = streams.PendingFor(node);
            TimeSpan left = HoldMax - time.GetElapsedTime(started);
            bool isOtherStore = store.Length > 0 && store != view.StoreIdentity;
            if (after == 0 || isOtherStore || view.ChangedAt > after || hasNew || left <= TimeSpan.Zero || lifetime.ApplicationStopping.IsCancellationRequested)
            {
                streams.HandedOut(requests);
                sessions.Heard(node);
                return StateOf(view, requests);
            }

            using CancellationTokenSource awake = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
            await Task.WhenAny(view.Changed, opened, Task.Delay(left, time, awake.Token));
            await awake.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task CatchUpAsync(long after, string store, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(BehindMax, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token, lifetime.ApplicationStopping);
        try
        {
            await assignments.WaitForRevisionAsync(after, store, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw StatusError.ServiceUnavailable($"this replica has not reached revision {after}; try again, or another one");
        }
    }

    private DesiredState StateOf(NodeAssignments.View view, ValueList<StreamRequest> requests) => new()
    {
        StoreIdentity = view.StoreIdentity,
        LostRevisions = view.Lost,
        Revision = view.Revision,
        Pods = view.Pods,
        ReplacedStores = view.ReplacedStores,
        RegistryLogins = view.Pods.SelectMany(pod => RegistryLogins.For(pod, cache)).ToValueList(),
        EnvironmentContents = EnvironmentContents.For(view.Pods, (kind, key) => cache.Find(ResourceKinds.Find(kind)!, key)),
        ResolvedImages = view.Pods.SelectMany(pod => RevisionImages.For(pod, cache)).ToValueList(),
        Services = ServicesFor(view.Pods),
        Streams = requests,
    };

    private ValueList<ServiceAddress> ServicesFor(ValueList<Pod> pods)
    {
        HashSet<string> namespaces = [.. pods.Select(pod => pod.Namespace)];
        return namespaces.Count == 0
            ? default
            : cache.Snapshot(ResourceKinds.Service).Objects.Values.Cast<Service>()
                .Where(service => namespaces.Contains(service.Namespace))
                .OrderBy(service => service.Key)
                .Select(ServiceAddress.Of)
                .OfType<ServiceAddress>()
                .ToValueList();
    }
}
