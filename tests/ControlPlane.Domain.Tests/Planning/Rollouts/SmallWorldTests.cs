using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>
/// Every small world: replicas 0–4, a new ReplicaSet of up to 4 pods or none, 0–2 old ones of up to 4 and 3, pods in every readiness (as multisets), surge
/// and unavailable 0–2 and 25%, both strategies; 15 million of them. One pass over each must keep the bounds; as a pass leads from one of them into
/// another, no number of passes breaks them. Every <see cref="Stride"/>th world is looked at, or all of them in a long run.
/// </summary>
[Trait(RunLength.Trait, RunLength.Long)]
public sealed class SmallWorldTests
{
    /// <summary>Prime, so that it meets every combination of states.</summary>
    private const int Stride = 13;

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly IntOrString[] Allowances = [0, 1, 2, "25%"];

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
            Assert.True(broken is null, $"{broken}: {Describe(deployment, members)}");
        }

        return looked;
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

    private sealed record Member(ReplicaSet ReplicaSet, Pod[] Pods, Readiness[] States);
}
