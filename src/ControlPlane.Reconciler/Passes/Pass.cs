using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Queue;
using ControlPlane.Reconciler.Worlds;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Reconciler.Passes;

/// <summary>
/// One pass: keys planned one after the other on one world, so that each sees what the earlier ones placed, then one commit for all.
/// </summary>
internal sealed class Pass(
    World world, WorkQueue queue, Pacing pacing, PassPlanner planner, UnitMaker maker, IResourceStore store, TimeProvider time, ReconcilerFigures figures, ILogger logger)
{
    private readonly List<PlannedKey> planned = [];
    private readonly List<EventNote> failed = [];

    /// <summary>Plans and commits. Returns the revision that the world must reach before the next pass; 0 when nothing was stored.</summary>
    /// <exception cref="LeadershipLostException">Another process leads, or may already do so.</exception>
    /// <exception cref="StoreUnavailableException">
    /// Units may be stored that went into an earlier transaction than the one that failed: the world must catch up before the next pass. The keys
    /// are back in the queue, the placements undone.
    /// </exception>
    public async Task<long> RunAsync(IReadOnlyList<WorkKey> keys, CancellationToken cancellationToken)
    {
        foreach (WorkKey key in keys)
        {
            await PlanAsync(key, cancellationToken);
        }

        CommitUnit[] units = [.. planned.SelectMany(key => key.Units)];
        ImmutableArray<UnitResult> results = units.Length == 0 ? [] : await CommitAsync(units, cancellationToken);
        int next = 0;
        foreach (PlannedKey key in planned)
        {
            Settle(key, results.AsSpan().Slice(next, key.Units.Count));
            next += key.Units.Count;
        }

        ReconcilerLog.Planned(logger, keys.Count, units.Length, units.Sum(unit => unit.Writes.Count));
        results = [.. results, .. await TellFailuresAsync(cancellationToken)];
        return results.OfType<UnitResult.Committed>().Select(result => result.Revision).DefaultIfEmpty().Max();
    }

    private async Task PlanAsync(WorkKey key, CancellationToken cancellationToken)
    {
        try
        {
            long began = time.GetTimestamp();
            IReadOnlyList<Plan> plans = await planner.PlanAsync(key, world, cancellationToken);
            pacing.Planned(key, time.GetElapsedTime(began));
            List<CommitUnit> units = [];
            bool isCutShort = false;
            foreach (Plan plan in plans)
            {
                (IReadOnlyList<CommitUnit> ofPlan, bool isShort) = maker.Make(plan);
                units.AddRange(ofPlan);
                isCutShort |= isShort;
            }

            planned.Add(new PlannedKey(key, plans, units, isCutShort));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            ReconcilerLog.PlanningFailed(logger, exception, key.ToString(), queue.AddFailed(key));
            ForgetPartialPlacements();
            failed.AddRange(FailureNotes.OfError(world, key, exception));
        }
    }

    private async Task<ImmutableArray<UnitResult>> CommitAsync(CommitUnit[] units, CancellationToken cancellationToken)
    {
        try
        {
            return await store.CommitAsync(units, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            foreach (PlannedKey key in planned)
            {
                UndoPlacements(key.Plans.SelectMany(plan => plan.Writes));
                queue.Add(key.Key);
            }

            throw;
        }
        catch (CommitOutcomeUnknownException exception)
        {
            throw new LeadershipLostException("a commit's outcome is unknown; a new term fences it off and reads anew", exception);
        }
    }

    private void Settle(PlannedKey key, ReadOnlySpan<UnitResult> results)
    {
        UnitResult.Refused? refusal = null;
        for (int i = 0; i < results.Length; i++)
        {
            if (results[i] is UnitResult.Refused refused)
            {
                // What comes after the first may be refused because that one was.
                refusal ??= refused;
                if (refused.Reason == RefusalReason.StaleEpoch)
                {
                    throw new LeadershipLostException("a newer term has begun");
                }

                UndoPlacements(key.Units[i].Writes);
                TryWaitingPods(key);
            }
        }

        if (refusal is not null)
        {
            figures.AddRefusal();
            TimeSpan delay = queue.AddFailed(key.Key);
            LogRefusal(key.Key, refusal, delay);
            if (FailureNotes.OfRefusal(world, key.Key, refusal, queue.FailuresOf(key.Key)) is { } note)
            {
                failed.Add(note);
            }

            return;
        }

        queue.Succeeded(key.Key);
        if (key.IsCutShort)
        {
            UndoPlacements(key.Plans.SelectMany(plan => plan.Writes));
            queue.Add(key.Key);
        }
        else if (planner.PeriodOf(key.Key, key.Plans) is { } period)
        {
            queue.AddAfter(key.Key, period);
        }
    }

    /// <summary>Events of keys whose plans came to nothing, in a commit of their own; how often each is written is the correlator's to say. What cannot be stored now is told with the next attempt.</summary>
    private async Task<ImmutableArray<UnitResult>> TellFailuresAsync(CancellationToken cancellationToken)
    {
        (IReadOnlyList<CommitUnit> units, _) = failed.Count == 0 ? ([], false) : maker.Make(new Plan { Events = [.. failed] });
        try
        {
            return units.Count == 0 ? [] : await store.CommitAsync(units, cancellationToken);
        }
        catch (StoreUnavailableException exception)
        {
            ReconcilerLog.StoreUnavailable(logger, exception.Message);
            return [];
        }
        catch (CommitOutcomeUnknownException exception)
        {
            throw new LeadershipLostException("a commit's outcome is unknown; a new term fences it off and reads anew", exception);
        }
    }

    private void LogRefusal(WorkKey key, UnitResult.Refused refusal, TimeSpan delay)
    {
        if (refusal.Reason == RefusalReason.Unstorable)
        {
            ReconcilerLog.Unstorable(logger, key.ToString(), refusal.Kind, refusal.Key.ToString(), refusal.Detail, delay);
        }
        else
        {
            ReconcilerLog.Refused(logger, key.ToString(), refusal.Reason.ToString(), refusal.Kind, refusal.Key.ToString(), delay);
        }
    }

    /// <summary>What this key had taken in vain may be what a pod, planned after it, did not find. The waiting pods' own key comes back by itself.</summary>
    private void TryWaitingPods(PlannedKey key)
    {
        if (key.Key != WorkKey.PendingPods)
        {
            queue.Add(WorkKey.PendingPods);
        }
    }

    /// <summary>A planner that failed midway may have entered pods: the cluster is built anew, with what the pass has planned so far.</summary>
    private void ForgetPartialPlacements()
    {
        world.RebuildCluster();
        foreach (Pod pod in planned.SelectMany(key => key.Plans).SelectMany(plan => PlacedPods(plan.Writes)))
        {
            world.Cluster.Find(pod.Spec.NodeName!)?.Add(pod);
        }
    }

    private void UndoPlacements(IEnumerable<Write> writes)
    {
        foreach (Pod pod in PlacedPods(writes))
        {
            world.UndoPlacement(pod);
        }
    }

    private static IEnumerable<Pod> PlacedPods(IEnumerable<Write> writes) => writes
        .Select(write => write switch
        {
            Write.Create { Object: Pod pod } => pod,
            Write.Update { Object: Pod pod } => pod,
            _ => null,
        })
        .OfType<Pod>()
        .Where(pod => !string.IsNullOrEmpty(pod.Spec.NodeName));

    private sealed record PlannedKey(WorkKey Key, IReadOnlyList<Plan> Plans, IReadOnlyList<CommitUnit> Units, bool IsCutShort);

}
