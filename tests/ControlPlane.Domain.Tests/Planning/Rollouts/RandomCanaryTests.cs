using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;
using CsCheck;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What a canary never does, whatever its steps are and whatever becomes of its pods.</summary>
[Trait(RunLength.Trait, RunLength.Long)]
public sealed class RandomCanaryTests
{
    private static readonly int Worlds = RunLength.Of(quick: 60, usual: 300, whenLong: 5_000);

    private static readonly Gen<RolloutStrategy> Strategies = Gen.OneOf(
        Gen.Int[0, 1000].Select(weight => Make.Weight(weight / 10m)),
        Gen.Int[0, 1].Select(kind => Make.Pause(kind == 0 ? null : 5))).Array[1, 5].Select(steps => Make.Canary(steps));

    [Fact]
    public void Plan_WhateverHappens_KeepsTheStablePodsAndNoWeightAboveWhatTheCanaryCarries() => Gen.Select(Strategies, Gen.Int[0, 12], Gen.Int[0, 6].Array[1, 40]).Sample(
        (strategy, replicas, happenings) =>
        {
            TestWorld world = Released(strategy, replicas);
            foreach (int happening in happenings)
            {
                Happen(world, happening);
                RolloutStateSpec? before = world.State?.Spec;
                world.Pass();
                Check(world, before);
            }
        },
        iter: Worlds);

    [Fact]
    public void Plan_ThatIsPromotedInFull_EndsWithTheNewRevisionAlone() => Gen.Select(Strategies, Gen.Int[1, 12], Gen.Int[0, 5].Array[0, 10]).Sample(
        (strategy, replicas, happenings) =>
        {
            TestWorld world = Released(strategy, replicas);
            foreach (int happening in happenings)
            {
                Happen(world, happening == 3 ? 0 : happening);
                world.Pass();
            }

            world.Pass();
            for (int i = 0; i < 20 && world.State is { } state && state.Spec.Step < state.Spec.Steps; i++)
            {
                Act(world, new RolloutAction.Promote(Full: true));
                world.Pass();
            }

            world.Settle(roundsMax: 200);
            Assert.Null(world.State);
            Assert.Equal(replicas, world.ActivePods);
            Assert.Equal(replicas, world.ActivePodsOf(world.ReplicaSets.Single(IsDeclared(world))).Count());
        },
        iter: Worlds / 3);

    private static Func<ReplicaSet, bool> IsDeclared(TestWorld world) =>
        replicaSet => replicaSet.Spec.Template.Spec.Containers[0].Image == world.Deployment!.Spec.Template.Spec.Containers[0].Image;

    private static TestWorld Released(RolloutStrategy strategy, int replicas)
    {
        TestWorld world = new();
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Store(Make.Deployment(Math.Max(1, replicas)));
        world.Settle();
        world.SetReplicas(replicas);
        world.Settle();
        world.SetImage("hello:2");
        return world;
    }

    private static void Happen(TestWorld world, int happening)
    {
        world.EndTerminating();
        world.Now = world.Now.AddSeconds(1);
        switch (happening)
        {
            case 0 or 1:
                world.SetReady(_ => true);
                break;
            case 2:
                world.SetUnready(pod => pod.Name[^1] % 3 == 0);
                break;
            case 3:
                Act(world, new RolloutAction.Abort());
                break;
            case 4:
                Act(world, new RolloutAction.Promote(Full: false));
                break;
            case 5:
                world.SetReady(pod => pod.Name[^1] % 2 == 0);
                break;
            default:
                world.SetImage(world.Deployment!.Spec.Template.Spec.Containers[0].Image == "hello:2" ? "hello:3" : "hello:2");
                break;
        }
    }

    private static void Check(TestWorld world, RolloutStateSpec? before)
    {
        if (world.State?.Spec is not { } state)
        {
            return;
        }

        if (state.Step >= state.Steps)
        {
            CheckWayBack(world, state);
            return;
        }

        if (before is not null && before.Step >= before.Steps)
        {
            return;
        }

        ReplicaSet stable = world.ReplicaSets.Single(replicaSet => replicaSet.Name == state.Stable);
        Assert.Equal(world.Deployment!.Spec.Replicas, stable.Spec.Replicas);
        Assert.Equal(TrafficShare.Whole, state.Traffic.Single().Shares.Sum(share => share.PerMille));
        Assert.All(state.Traffic.Single().Shares, share => Assert.Contains(share.ReplicaSet, new[] { state.Stable, state.Canary }));
        ReplicaSet? canary = world.ReplicaSets.FirstOrDefault(replicaSet => replicaSet.Name == state.Canary);
        int available = canary is null ? 0 : world.ActivePodsOf(canary).Count(pod => Make.IsReady(pod));
        Assert.True(state.WeightPerMille * world.Deployment.Spec.Replicas <= available * TrafficShare.Whole, $"{state.WeightPerMille} per mille on {available}: {world.Describe()}");
        if (canary is not null && Outcomes.Of(canary) == RevisionOutcome.Failed)
        {
            Assert.Equal(0, state.WeightPerMille);
        }
    }

    /// <summary>Past its steps a failed one gets no more than what the stable one's ready pods are not, of those declared.</summary>
    private static void CheckWayBack(TestWorld world, RolloutStateSpec state)
    {
        if (world.ReplicaSets.FirstOrDefault(replicaSet => replicaSet.Name == state.Canary) is not { } canary || Outcomes.Of(canary) != RevisionOutcome.Failed)
        {
            return;
        }

        int replicas = world.Deployment!.Spec.Replicas ?? 1;
        ReplicaSet stable = world.ReplicaSets.Single(replicaSet => replicaSet.Name == state.Stable);
        int ready = Math.Min(world.ActivePodsOf(stable).Count(Make.IsReady), stable.Spec.Replicas ?? 1);
        Assert.Equal(RolloutPhases.Aborted, state.Phase);
        Assert.Equal(TrafficShare.Whole, state.Traffic.Single().Shares.Sum(share => share.PerMille));
        Assert.True(state.WeightPerMille * (long)replicas <= (long)TrafficShare.Whole * Math.Max(0, replicas - ready) + replicas, $"{state.WeightPerMille} per mille: {world.Describe()}");
        Assert.True(state.WeightPerMille == 0 || world.ActivePodsOf(canary).Any(Make.IsReady), $"{state.WeightPerMille} per mille to no ready pod: {world.Describe()}");
    }

    /// <summary>What cannot be done now is not done.</summary>
    private static void Act(TestWorld world, RolloutAction action)
    {
        if (RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State) is ActionOutcome.Done done)
        {
            world.Change(_ => done.Deployment);
        }
    }
}
