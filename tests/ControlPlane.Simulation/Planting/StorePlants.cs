using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Planting;

/// <summary>Changes units on their way to the store, and results on their way back.</summary>
internal sealed class StorePlant(Func<CommitUnit, CommitUnit> change, Func<CommitUnit, UnitResult, UnitResult>? changeResult = null) : Plant
{
    public override IResourceStore OnStore(IResourceStore store) => new Store(store, change, changeResult ?? (static (_, result) => result));

    private sealed class Store(IResourceStore inner, Func<CommitUnit, CommitUnit> change, Func<CommitUnit, UnitResult, UnitResult> changeResult) : IResourceStore
    {
        public async Task<ImmutableArray<UnitResult>> CommitAsync(IReadOnlyList<CommitUnit> units, CancellationToken cancellationToken)
        {
            ImmutableArray<UnitResult> results = await inner.CommitAsync([.. units.Select(change)], cancellationToken);
            return [.. results.Select((result, index) => changeResult(units[index], result))];
        }
    }
}

/// <summary>Shows the reconciler other objects than there are.</summary>
internal sealed class ViewPlant(Func<Resource, Resource> change) : Plant
{
    public override IResourceCache OnLeadersCache(IResourceCache cache) => new ChangedCache(cache, change, isPatient: true);
}

/// <summary>Shows the reconciler other bounds of rollouts than there are, and takes them out of what it writes.</summary>
internal sealed class BoundsPlant(Func<RollingUpdateDeployment, RollingUpdateDeployment> change) : Plant
{
    private readonly Dictionary<string, DeploymentStrategy?> declared = new(StringComparer.Ordinal);

    public override IResourceCache OnLeadersCache(IResourceCache cache) => new ChangedCache(cache, Changed, isPatient: true);

    public override IResourceStore OnStore(IResourceStore store) =>
        new StorePlant(unit => unit with { Writes = unit.Writes.Select(Restored).ToValueList() }).OnStore(store);

    private Resource Changed(Resource item)
    {
        if (item is not Deployment deployment)
        {
            return item;
        }

        DeploymentStrategy strategy = deployment.Spec.Strategy ?? new DeploymentStrategy();
        declared[item.Uid] = deployment.Spec.Strategy;
        return deployment with
        {
            Spec = deployment.Spec with { Strategy = strategy with { RollingUpdate = change(strategy.RollingUpdate ?? new RollingUpdateDeployment()) } },
        };
    }

    private Write Restored(Write write) => write is Write.Update { Object: Deployment item } update && declared.TryGetValue(item.Uid, out DeploymentStrategy? strategy)
        ? update with { Object = item with { Spec = item.Spec with { Strategy = strategy } } }
        : write;
}

/// <summary>Lets readers go on before the cache has what they wait for.</summary>
internal sealed class CachePlant : Plant
{
    public override IResourceCache OnCache(IResourceCache cache) => new ChangedCache(cache, static item => item, isPatient: false);
}

internal sealed class ChangedCache(IResourceCache inner, Func<Resource, Resource> change, bool isPatient) : CacheDecorator(inner)
{
    public override KindSnapshot Snapshot(ResourceKind kind) => Changed(base.Snapshot(kind), change);

    public override Resource? Find(ResourceKind kind, ObjectKey key) => base.Find(kind, key) is { } found ? change(found) : null;

    public override Task<long> AskLatestAsync(CancellationToken cancellationToken) =>
        isPatient ? base.AskLatestAsync(cancellationToken) : Task.FromResult(Revision);

    public override Task WaitForLatestAsync(CancellationToken cancellationToken) => isPatient ? base.WaitForLatestAsync(cancellationToken) : Task.CompletedTask;

    protected override ChangeSubscription Wrap(ChangeSubscription subscription) => new Subscription(subscription, change);

    private static KindSnapshot Changed(KindSnapshot snapshot, Func<Resource, Resource> change) =>
        snapshot with { Objects = snapshot.Objects.ToImmutableSortedDictionary(item => item.Key, item => change(item.Value)) };

    private sealed class Subscription(ChangeSubscription inner, Func<Resource, Resource> change) : SubscriptionDecorator(inner)
    {
        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => Changed(base.SnapshotAtStart(kind), change);

        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            ChangeBatch batch = await base.ReadAsync(cancellationToken);
            return batch with { Changes = [.. batch.Changes.Select(item => item with { Object = change(item.Object) })] };
        }
    }
}
