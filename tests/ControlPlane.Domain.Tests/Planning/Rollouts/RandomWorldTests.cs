using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using CsCheck;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Properties that hold in every world, tried in random ones of up to 200 pods.</summary>
[Trait(RunLength.Trait, RunLength.Long)]
public sealed class RandomWorldTests
{
    private static readonly int Worlds = RunLength.Of(quick: 40, usual: 400, whenLong: 10_000);

    private static readonly Gen<IntOrString> Allowance = Gen.OneOf(Gen.Int[0, 5].Select(number => new IntOrString(number)), Gen.Int[0, 100].Select(percent => new IntOrString($"{percent}%")));

    private static readonly Gen<Deployment> Deployments = Gen.Select(
        Gen.Int[0, 60], Allowance, Allowance, Gen.Int[0, 2], Gen.Int[0, 2],
        (replicas, surge, unavailable, strategy, minReady) =>
            Make.Deployment(replicas, surge, unavailable, strategy == 0 ? "Recreate" : "RollingUpdate", minReady == 0 ? 10 : 0, image: "hello:4"));

    /// <summary>A revision's number and its pods' states, one letter each.</summary>
    private static readonly Gen<string[]> Revisions = Gen.String[Gen.Char["parato"], 0, 50].Array[4];

    private static readonly Gen<TestWorld> Any = Gen.Select(Deployments, Revisions, Gen.Int[-2, 2].Array[4], Gen.Bool, Build);

    [Fact]
    public void No_pass_breaks_the_bounds() => Any.Sample(
        world =>
        {
            string? broken = Bounds.Broken(world.Snapshot(), world.Plan());
            Assert.True(broken is null, $"{broken}: {world.Describe()}");
        },
        iter: Worlds,
        print: world => world.Describe());

    [Fact]
    public void A_plan_is_a_function_of_its_input() => Any.Sample(
        world => Assert.Equal(world.Plan(), world.Plan()),
        iter: Worlds,
        print: world => world.Describe());

    [Fact]
    public void A_cluster_that_works_converges_and_every_pass_on_the_way_keeps_the_bounds() => Any.Sample(
        world =>
        {
            world.Settle(roundsMax: 400, eachRound: () =>
            {
                string? broken = Bounds.Broken(world.Snapshot(), world.Plan());
                Assert.True(broken is null, $"{broken}: {world.Describe()}");
            });
            Assert.Equal(world.Deployment!.Spec.Replicas, world.ActivePods);
            Assert.Equal(world.Deployment.Spec.Replicas, world.ActivePodsOf(world.ByImage("hello:4")).Count());
            Assert.Equal(Plan.Nothing, world.Plan());
        },
        iter: Worlds / 8,
        print: world => world.Describe());

    [Fact]
    public void Whatever_users_do_on_the_way_the_last_wish_comes_true() => Gen.Select(Any, Gen.Int[0, 5].Array[1, 6]).Sample(
        (world, wishes) =>
        {
            foreach (int wish in wishes)
            {
                Wish(world, wish);
                world.Pass();
                world.Now = world.Now.AddSeconds(1);
                world.SetReady(pod => pod.Uid[0] % 2 == wish % 2);
                world.Pass();
            }

            world.SetPaused(false);
            world.Settle(roundsMax: 400);
            Assert.Equal(world.Deployment!.Spec.Replicas, world.ActivePods);
            Assert.Equal(world.Deployment.Spec.Replicas ?? 0, world.Status.AvailableReplicas ?? 0);
            Assert.Equal(world.Deployment.Spec.Replicas ?? 0, world.Status.UpdatedReplicas ?? 0);
        },
        iter: Worlds / 8);

    private static void Wish(TestWorld world, int wish)
    {
        int replicas = world.Deployment!.Spec.Replicas ?? 0;
        switch (wish)
        {
            case 0:
                world.SetReplicas(replicas + 7);
                break;
            case 1:
                world.SetReplicas(replicas / 2);
                break;
            case 2:
                world.SetImage("hello:5");
                break;
            case 3:
                world.SetImage("hello:2");
                break;
            case 4:
                world.SetPaused(true);
                break;
            default:
                world.SetUnready(pod => pod.Uid[^5] % 3 == 0);
                break;
        }
    }

    private static TestWorld Build(Deployment deployment, string[] revisions, int[] skews, bool hasNew)
    {
        TestWorld world = new();
        world.Store(deployment);
        for (int i = 0; i < revisions.Length; i++)
        {
            if (i == revisions.Length - 1 && !hasNew)
            {
                continue;
            }

            int active = revisions[i].Count(state => state is 'p' or 'r' or 'a');
            ReplicaSet replicaSet = Make.Revision(deployment, i + 1, Math.Max(0, active + skews[i]));
            world.Store(replicaSet);
            for (int j = 0; j < revisions[i].Length; j++)
            {
                world.Store(Pod(replicaSet, $"r{i + 1}-{j:00}", revisions[i][j], j % 3 == 0 ? "node-1" : "node-2", world.Now));
            }
        }

        return world;
    }

    private static Pod Pod(ReplicaSet owner, string name, char state, string node, DateTimeOffset now)
    {
        Pod pod = Make.Pod(owner, name, node);
        return state switch
        {
            'r' => Make.Ready(pod, now.AddSeconds(-3)),
            'a' => Make.Ready(pod, now.AddMinutes(-3)),
            't' => Make.Terminating(Make.Ready(pod, now.AddMinutes(-3)), now.AddSeconds(20)),
            'o' => pod with { Status = new PodStatus { Phase = "Failed" } },
            _ => pod,
        };
    }
}
