using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>A canary goes through the hands of several leaders.</summary>
public sealed class CanaryLeadersTests
{
    private const int Replicas = 4;
    private const int PauseSeconds = 30;

    /// <summary>Until another replica leads, and has read the world.</summary>
    private const int TakeOverSecondsMax = 5;

    /// <summary>
    /// The term ends with the first, the second, … commit of the canary's course: the commit is refused because another leads by then; or it is stored, and the leader never learns of it. Each time
    /// the next leader goes on with the same step: none is skipped or taken twice, no pod is made twice, the weight never falls, and a pause is no longer than it was.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALeaderLostAtAnyCommit_LeavesTheCanaryToTheNextOne(bool isStored)
    {
        int commits = RunCanary(lostAt: 0, isStored);
        Assert.InRange(commits, 8, 100);
        for (int lostAt = 1; lostAt <= commits; lostAt++)
        {
            Assert.True(RunCanary(lostAt, isStored) >= lostAt);
        }
    }

    /// <summary>Returns how many times a leader has committed.</summary>
    private static int RunCanary(int lostAt, bool isStored)
    {
        using SimulatedCluster cluster = new();
        cluster.AddNodes(2);
        cluster.StartReconciler();
        cluster.StartReconciler();
        Deployment web = cluster.CreateDeployment("web", Replicas);
        cluster.Store.Commit(new Write.Create(Canaries.Service(cluster.Meta("default", "web"), "web")));
        cluster.Store.Commit(new Write.Create(Canaries.Policy(
            cluster.Meta("default", "careful"),
            Canaries.Strategy("web", Canaries.Weight(25), Canaries.Pause(PauseSeconds), Canaries.Weight(50), Canaries.Pause()))));
        cluster.Until("the first revision is complete", () => cluster.IsReady("web", Replicas));
        cluster.Thread.Advance(TimeSpan.FromSeconds(5));

        int commits = 0;
        Exception? Lose(IReadOnlyList<CommitUnit> units)
        {
            bool isNow = units.Any(unit => unit.Preconditions.Any(precondition => precondition is Precondition.LeaderEpoch)) && ++commits == lostAt;
            if (isNow)
            {
                cluster.Election.Usurp();
            }

            return isNow && isStored ? new CommitOutcomeUnknownException("the leader was cut off") : null;
        }

        cluster.Store.FaultBefore = isStored ? null : Lose;
        cluster.Store.FaultAfter = isStored ? Lose : null;
        long epoch = cluster.Store.LeaderEpoch;
        long begin = cluster.Store.Revision;
        Update(cluster, deployment => Canaries.WithImage(deployment, "app:2"));
        Until(cluster, $"lost at {lostAt}: it waits at the last step", () => StateOf(cluster, web) is { Spec: { Step: 3, Phase: RolloutPhases.WaitingForPromotion } });
        Update(cluster, deployment => Canaries.Promoted(deployment, [.. cluster.Store.All<ReplicaSet>()], StateOf(cluster, web)!, cluster.Thread.Time.GetUtcNow()));
        Until(cluster, $"lost at {lostAt}: it is done", () => StateOf(cluster, web) is null && cluster.IsReady("web", Replicas));

        Assert.Equal(lostAt > 0, cluster.Store.LeaderEpoch > epoch);
        AssertCourse([.. cluster.Store.Log.Where(change => change.Revision > begin)]);
        return commits;
    }

    private static void AssertCourse(IReadOnlyList<Change> changes)
    {
        RolloutStateSpec[] states = [.. changes.Where(change => change.Operation != ChangeOperation.Deleted).Select(change => change.Object).OfType<RolloutState>().Select(state => state.Spec)];
        RolloutStateSpec[] steps = [.. states.Where((state, i) => i == 0 || state.Step != states[i - 1].Step)];
        Assert.Equal([0, 1, 2, 3, 4], steps.Select(state => state.Step));
        Assert.Equal(states.Select(state => state.WeightPerMille).Order(), states.Select(state => state.WeightPerMille));
        Assert.Equal([250, 500], steps.Where(state => state.Step is 1 or 3).Select(state => state.WeightPerMille));
        Assert.InRange((steps[2].Since!.Value - steps[1].Since!.Value).TotalSeconds, PauseSeconds, PauseSeconds + TakeOverSecondsMax);
        Assert.Single(changes, change => change is { Operation: ChangeOperation.Added, Object: ReplicaSet });
        Assert.Single(changes, change => change is { Operation: ChangeOperation.Added, Object: RolloutState });
        Assert.Equal(Replicas, changes.Count(change => change is { Operation: ChangeOperation.Added, Object: Pod }));
    }

    /// <summary>Whoever took the lease away lets it go again, and one of the replicas takes it.</summary>
    private static void Until(SimulatedCluster cluster, string what, Func<bool> holds) => cluster.Until(
        what,
        () =>
        {
            if (cluster.Store.Database.LeaseHolder == "usurper")
            {
                cluster.Election.Expire();
            }

            return holds();
        },
        seconds: 60);

    private static RolloutState? StateOf(SimulatedCluster cluster, Deployment deployment) => cluster.Store.Get<RolloutState>("default", deployment.Uid);

    private static void Update(SimulatedCluster cluster, Func<Deployment, Deployment> change) =>
        cluster.Store.Commit(new Write.Update(change(cluster.Store.Get<Deployment>("default", "web")!), ResourceParts.Desired));
}
