using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Simulation.Planting;

/// <summary>The weight of a canary stays when its pods go.</summary>
internal sealed class WeightPlant : Plant
{
    private readonly Dictionary<string, RolloutStateSpec> written = new(StringComparer.Ordinal);

    public override IResourceStore OnStore(IResourceStore store) =>
        new StorePlant(unit => unit with { Writes = unit.Writes.Select(Kept).ToValueList() }).OnStore(store);

    private Write Kept(Write write)
    {
        if (write is not Write.Update { Object: RolloutState state } update)
        {
            return write;
        }

        bool isFalling = written.TryGetValue(state.Uid, out RolloutStateSpec? before) && before.Canary == state.Spec.Canary && before.Step == state.Spec.Step
            && state.Spec.WeightPerMille < before.WeightPerMille && state.Spec.Phase != RolloutPhases.Aborted && state.Spec.Step < state.Spec.Steps;
        RolloutState kept = isFalling ? state with { Spec = state.Spec with { WeightPerMille = before!.WeightPerMille, Traffic = before.Traffic } } : state;
        written[state.Uid] = kept.Spec;
        return update with { Object = kept };
    }
}

/// <summary>Gateways are not told that a revision was given up: it keeps the requests.</summary>
internal sealed class LateAbortPlant : Plant
{
    public override IResourceCache OnRoutesCache(IResourceCache cache) => new ChangedCache(cache, WithItsRequests, isPatient: true);

    private static Resource WithItsRequests(Resource item) =>
        item is not RolloutState { Spec: { Phase: RolloutPhases.Aborted } spec } state || spec.Step >= spec.Steps ? item : state with
        {
            Spec = spec with { Traffic = [.. spec.Traffic.Select(traffic => traffic with { Shares = [new TrafficShare(spec.Canary, TrafficShare.Whole)] })] },
        };
}

/// <summary>What divides the requests goes with the marks on a given-up revision's pods, which slices list for a moment longer.</summary>
internal sealed class ForgetReleasePlant : Plant
{
    private readonly Dictionary<string, RolloutState> written = new(StringComparer.Ordinal);

    public override IResourceStore OnStore(IResourceStore store) => new StorePlant(Forgetting).OnStore(store);

    private CommitUnit Forgetting(CommitUnit unit)
    {
        foreach (RolloutState state in unit.Writes.Select(write => write switch { Write.Create create => create.Object, Write.Update update => update.Object, _ => null }).OfType<RolloutState>())
        {
            written[state.Spec.Canary] = state;
        }

        RolloutState? ended = unit.Writes
            .Select(write => write is Write.Update { Object: Pod { Metadata: { IsDeleting: true, Controller: { } owner } }, Parts: ResourceParts.Desired } ? written.GetValueOrDefault(owner.Name) : null)
            .FirstOrDefault(state => state?.Spec.Phase == RolloutPhases.Aborted);
        return unit.Actor != "system:reconciler" || ended is null || unit.Writes.Any(write => write.Kind == ResourceKinds.RolloutState)
            ? unit
            : unit with { Writes = unit.Writes.Add(Write.Remove.Of(ended)) };
    }
}
