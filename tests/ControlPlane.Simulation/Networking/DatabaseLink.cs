using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Networking;

/// <summary>A replica's connection to the database: takes time, and fails as connections do.</summary>
internal sealed class DatabaseLink(SimulatedDatabase database, SimulatedProcess process, Scheduler scheduler, FaultRates faults, Dice dice) : IResourceStore
{
    private const string Reconciler = "system:reconciler";

    /// <summary>The revision up to which the replica's reconciler has taken in all changes: its plans rest on no less.</summary>
    public long Known { get; set; }

    /// <summary>How long a change takes to reach the replica's cache.</summary>
    public TimeSpan Lag() => faults.Strikes(faults.LaggingCache) ? dice.Milliseconds(100, 3_000) : dice.Milliseconds(1, 20);

    /// <summary>Asks the database something that may be asked again.</summary>
    /// <exception cref="StoreUnavailableException">It could not be reached.</exception>
    public Task<T> CallAsync<T>(Func<T> ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource<T> reply = new();
        CancellationTokenRegistration registration = cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
        scheduler.After(Delay(), () =>
        {
            if (database.IsDown || faults.Strikes(faults.FailedCommits))
            {
                Fail(reply);
                return;
            }

            T answer = ask();
            scheduler.After(Delay(), () => reply.TrySetResult(answer));
        });
        return EndAsync(reply.Task, registration);
    }

    /// <summary>
    /// Commits. A commit may fail before it is stored, after its first units are, or leave its caller not knowing; of the latter some are on their way still.
    /// </summary>
    public Task<ImmutableArray<UnitResult>> CommitAsync(IReadOnlyList<CommitUnit> units, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource<ImmutableArray<UnitResult>> reply = new();
        CancellationTokenRegistration registration = cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
        string identity = database.Identity;
        long known = Known;
        TimeSpan onItsWay = units[0].Actor == Reconciler && faults.Strikes(faults.HungLeaders) ? Hang() : Delay();
        scheduler.After(onItsWay, () => Arrive(units, identity, known, reply));
        return EndAsync(reply.Task, registration);
    }

    /// <summary>The leader stops just when it has sent a commit, for longer than its lease lasts; how long the commit is on its way.</summary>
    private TimeSpan Hang()
    {
        TimeSpan until = dice.Milliseconds(10_000, 16_000);
        process.Pause();
        scheduler.After(until + dice.Milliseconds(0, 10_000), process.Resume);
        return until;
    }

    private void Arrive(IReadOnlyList<CommitUnit> units, string identity, long known, TaskCompletionSource<ImmutableArray<UnitResult>> reply)
    {
        if (database.IsDown || database.Identity != identity)
        {
            Fail(reply);
        }
        else if (faults.Strikes(faults.FailedCommits))
        {
            CommitFirst(units, known);
            Fail(reply);
        }
        else if (faults.Strikes(faults.UnknownCommits))
        {
            scheduler.After(dice.Chance(0.5) ? TimeSpan.Zero : dice.Milliseconds(1, 15_000), () =>
            {
                if (database.Identity == identity)
                {
                    database.Commit(units, known);
                }
            });
            scheduler.After(Delay(), () => reply.TrySetException(new CommitOutcomeUnknownException("the simulated connection broke")));
        }
        else
        {
            ImmutableArray<UnitResult> results = database.Commit(units, known);
            scheduler.After(Delay(), () => reply.TrySetResult(results));
        }
    }

    /// <summary>A call of several units may take several transactions, of which the first ones may have gone through.</summary>
    private void CommitFirst(IReadOnlyList<CommitUnit> units, long known)
    {
        int count = units.Count > 1 ? dice.Below(units.Count) : 0;
        if (count > 0)
        {
            database.Commit([.. units.Take(count)], known);
        }
    }

    private static async Task<T> EndAsync<T>(Task<T> reply, CancellationTokenRegistration registration)
    {
        using (registration)
        {
            return await reply;
        }
    }

    private void Fail<T>(TaskCompletionSource<T> reply) =>
        scheduler.After(Delay(), () => reply.TrySetException(new StoreUnavailableException("the simulated database does not answer")));

    private TimeSpan Delay() => faults.Strikes(faults.LateMessages) ? dice.Milliseconds(1, 500) : dice.Milliseconds(0, 3);
}
