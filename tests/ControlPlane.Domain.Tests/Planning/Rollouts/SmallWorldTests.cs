using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>
/// Every small world: replicas 0–4, a new ReplicaSet of up to 4 pods or none, 0–2 old ones of up to 4 and 3, pods in every readiness (as multisets), surge
/// and unavailable 0–2 and 25%, both strategies; 15 million of them. One pass over each must keep the bounds. In all of them a ReplicaSet has as many active pods as it asks for and was sized for the
/// replicas that are declared. Of those with up to 3, 2 and 1 pods, 11 million more are paused, or were sized for fewer or more replicas, or have revisions that were complete once or have failed.
/// What a pass leads to is not always one of these worlds (a ReplicaSet may ask for more pods than that, or for more than it has), so that nothing follows for the passes after it:
/// <see cref="RandomWorldTests"/> go on until all is at rest. Every <see cref="Stride"/>th world is looked at, or all of them in a long run.
/// </summary>
[Trait(RunLength.Trait, RunLength.Long)]
public sealed class SmallWorldTests
{
    /// <summary>Prime, so that it meets every combination of states.</summary>
    private const int Stride = 13;

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Prime as well; these worlds take longer to look at.</summary>
    private const int SpecialStride = 127;

    private static readonly IntOrString[] Allowances = [0, 1, 2, "25%"];

    /// <summary>One letter for each revision, the new one first: on trial, complete once, or failed.</summary>
    private static readonly string[] Outcomes =
        [.. from newest in "tcf" from old in "tcf" from oldest in "tcf" select $"{newest}{old}{oldest}"];

    private enum Readiness
    {
        Pending,
        Ready,
        Available,
        Terminating,
    }

    public static TheoryData<string, int> Slices()
    {
        TheoryData<string, int> slices = [];
        foreach (string strategy in new[] { "RollingUpdate", "Recreate" })
        {
            for (int replicas = 0; replicas <= 4; replicas++)
            {
                slices.Add(strategy, replicas);
            }
        }

        return slices;
    }

    [Theory]
    [MemberData(nameof(Slices))]
    public void No_pass_over_any_small_world_breaks_the_bounds(string strategy, int replicas)
    {
        int looked = 0;
        Parallel.ForEach(Deployments(strategy, replicas), deployment => Interlocked.Add(ref looked, Look(deployment)));
        Assert.True(looked > 100, $"only {looked} worlds");
    }

    [Theory]
    [MemberData(nameof(Slices))]
    public void No_pass_over_a_small_world_that_is_paused_or_scaled_or_has_outcomes_breaks_the_bounds(string strategy, int replicas)
    {
        int looked = 0;
        int scaled = 0;
        Parallel.ForEach(Deployments(strategy, replicas), deployment =>
        {
            foreach (Special special in Specials(replicas))
            {
                Deployment declared = deployment with { Spec = deployment.Spec with { Paused = special.IsPaused ? true : null } };
                (int ofThese, int scaledOfThese) = LookAtSpecial(declared, special);
                Interlocked.Add(ref looked, ofThese);
                Interlocked.Add(ref scaled, scaledOfThese);
            }
        });
        Assert.True(scaled > 100 && looked - scaled > 100, $"only {looked} worlds, {scaled} of them scaled");
    }

    /// <summary>One pass over each world of a Deployment, or over the chosen ones; their number.</summary>
    private static int Look(Deployment deployment)
    {
        int stride = RunLength.Of(quick: Stride * 101, usual: Stride, whenLong: 1);
        int looked = 0;
        int index = 0;
        List<Member> newest = [.. Members(deployment, revision: 3, podsMax: 4)];
        List<Member> old = [.. Members(deployment, revision: 2, podsMax: 4)];
        List<Member> oldest = [.. Members(deployment, revision: 1, podsMax: 3)];
        foreach (Member?[] members in Worlds(newest, old, oldest))
        {
            if (index++ % stride != 0)
            {
                continue;
            }

            looked++;
            WorkloadSnapshot snapshot = Snapshot(deployment, members);
            string? broken = Bounds.Broken(snapshot, WorkloadPlanner.Plan(snapshot));
            if (broken is not null)
            {
                Assert.Fail($"{broken}: {Describe(deployment, members)}");
            }
        }

        return looked;
    }

    private static (int Looked, int Scaled) LookAtSpecial(Deployment deployment, Special special)
    {
        int stride = RunLength.Of(quick: SpecialStride * 11, usual: SpecialStride, whenLong: 1);
        int looked = 0;
        int scaled = 0;
        int index = special.Number;
        List<Member> newest = [.. Members(deployment, revision: 3, podsMax: 3).Select(member => special.Of(member, deployment, 0))];
        List<Member> old = [.. Members(deployment, revision: 2, podsMax: 2).Select(member => special.Of(member, deployment, 1))];
        List<Member> oldest = [.. Members(deployment, revision: 1, podsMax: 1).Select(member => special.Of(member, deployment, 2))];
        foreach (Member?[] members in Worlds(newest, old, oldest))
        {
            if (index++ % stride != 0)
            {
                continue;
            }

            looked++;
            WorkloadSnapshot snapshot = Snapshot(deployment, members);
            bool isScaled = ScalingBounds.Apply(snapshot);
            scaled += isScaled ? 1 : 0;
            Plan plan = WorkloadPlanner.Plan(snapshot);
            string? broken = isScaled ? ScalingBounds.Broken(snapshot, plan) : Bounds.Broken(snapshot, plan);
            if (broken is not null)
            {
                Assert.Fail($"{broken}: {special}, {Describe(deployment, members)}");
            }
        }

        return (looked, scaled);
    }

    /// <summary>Paused or not, sized for what is declared or for one or two others, with each combination of outcomes where nothing else is special.</summary>
    private static IEnumerable<Special> Specials(int replicas)
    {
        int number = 0;
        foreach (string outcomes in Outcomes)
        {
            yield return new Special(number++, IsPaused: false, replicas, outcomes);
        }

        foreach (bool isPaused in new[] { false, true })
        {
            foreach (int sizedFor in new[] { Math.Max(0, replicas - 1), replicas + 1, replicas + 2 })
            {
                yield return new Special(number++, isPaused, sizedFor, "ttt");
                yield return new Special(number++, isPaused, sizedFor, "fct");
            }
        }

        yield return new Special(number++, IsPaused: true, replicas, "ttt");
        yield return new Special(number, IsPaused: true, replicas, "fct");
    }

    private static IEnumerable<Deployment> Deployments(string strategy, int replicas)
    {
        if (strategy == "Recreate")
        {
            return [Make.Deployment(replicas, strategy: strategy, minReadySeconds: 10, image: "hello:3")];
        }

        return from surge in Allowances
               from unavailable in Allowances
               select Make.Deployment(replicas, surge, unavailable, minReadySeconds: 10, image: "hello:3");
    }

    private static IEnumerable<Member?[]> Worlds(List<Member> newest, List<Member> old, List<Member> oldest)
    {
        foreach (Member? first in newest.Prepend(null))
        {
            yield return [first];
            foreach (Member second in old)
            {
                yield return [first, second];
                foreach (Member third in oldest)
                {
                    yield return [first, second, third];
                }
            }
        }
    }

    /// <summary>A revision with each multiset of at most so many pods, asking for as many as are active.</summary>
    private static IEnumerable<Member> Members(Deployment deployment, int revision, int podsMax)
    {
        foreach (Readiness[] pods in Multisets(podsMax))
        {
            int active = pods.Count(state => state != Readiness.Terminating);
            ReplicaSet replicaSet = Make.Revision(deployment, revision, active);
            yield return new Member(replicaSet, [.. pods.Select((state, i) => Pod(replicaSet, $"r{revision}-{i}", state))], pods);
        }
    }

    private static List<Readiness[]> Multisets(int countMax)
    {
        List<Readiness[]> grown = [[]];
        foreach (Readiness state in Enum.GetValues<Readiness>())
        {
            grown = [.. from pods in grown from extra in Enumerable.Range(0, countMax - pods.Length + 1) select pods.Concat(Enumerable.Repeat(state, extra)).ToArray()];
        }

        return grown;
    }

    private static Pod Pod(ReplicaSet owner, string name, Readiness state)
    {
        Pod pod = Make.Pod(owner, name);
        return state switch
        {
            Readiness.Ready => Make.Ready(pod, Now.AddSeconds(-9)),
            Readiness.Available => Make.Ready(pod, Now.AddSeconds(-10)),
            Readiness.Terminating => Make.Terminating(Make.Ready(pod, Now.AddMinutes(-5)), Now.AddSeconds(20)),
            _ => pod,
        };
    }

    private static WorkloadSnapshot Snapshot(Deployment deployment, Member?[] members) => new()
    {
        Deployment = deployment,
        ReplicaSets = [.. members.OfType<Member>().Select(member => member.ReplicaSet)],
        Pods = [.. members.OfType<Member>().SelectMany(member => member.Pods)],
        IsReplicaSetNameTaken = name => members.Any(member => member?.ReplicaSet.Name == name),
        Cluster = new ClusterState(),
        Now = Now,
        Ids = new IdSource(1),
    };

    private static string Describe(Deployment deployment, Member?[] members) =>
        $"replicas {deployment.Spec.Replicas}, surge {deployment.Spec.Strategy!.RollingUpdate?.MaxSurge}, unavailable {deployment.Spec.Strategy.RollingUpdate?.MaxUnavailable}, "
        + string.Join("; ", members.OfType<Member>().Select(member => $"{member.ReplicaSet.Name}: {string.Join(' ', member.States)}"));

    /// <summary>What is not as usual in a world.</summary>
    /// <param name="Number">Which it is, so that not the same pods are met in each.</param>
    /// <param name="IsPaused">Whether the Deployment is paused.</param>
    /// <param name="SizedFor">The replicas that its ReplicaSets were last sized for.</param>
    /// <param name="Outcomes">One letter for each revision, as in <see cref="SmallWorldTests.Outcomes"/>.</param>
    private sealed record Special(int Number, bool IsPaused, int SizedFor, string Outcomes)
    {
        public Member Of(Member member, Deployment deployment, int which)
        {
            Deployment before = deployment with { Spec = deployment.Spec with { Replicas = SizedFor } };
            ReplicaSet sized = Make.Revision(deployment, 3 - which, member.ReplicaSet.Spec.Replicas!.Value, sizedFor: SizedFor, maxReplicas: SizedFor + Bounds.Allowed(before).Surge);
            return member with { ReplicaSet = sized with { Status = new ReplicaSetStatus { Conditions = Outcome(Outcomes[which]) } } };
        }

        private static ValueList<Condition> Outcome(char letter) => letter switch
        {
            'c' => [new Condition { Type = "Complete", Status = "True", Reason = "NewReplicaSetAvailable", LastTransitionTime = Now }],
            'f' => [new Condition { Type = "Failed", Status = "True", Reason = "ProgressDeadlineExceeded", LastTransitionTime = Now }],
            _ => [],
        };
    }

    private sealed record Member(ReplicaSet ReplicaSet, Pod[] Pods, Readiness[] States);
}
